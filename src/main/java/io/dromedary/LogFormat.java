package io.dromedary;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * Chooses how lines of the log are written, {@code webhooks.log}, before the first one is: by the
 * environment, a system property or the file of settings, as it stands there. What is neither
 * {@code text} nor {@code json} is text until the settings are checked, which refuses it.
 */
final class LogFormat {

  private static final String KEY = "webhooks.log";
  private static final String JSON = "json";

  private LogFormat() {}

  /** Chooses for an application in a folder. */
  static void choose(Path folder, Map<String, String> environment) {
    boolean isJson = JSON.equals(found(folder, environment));
    Dromedary.setDefault("dromedary.log", isJson ? JSON : "text");
    Dromedary.setDefault("logback.configurationFile", "dromedary/logback.xml");
  }

  private static String found(Path folder, Map<String, String> environment) {
    String value = environment.getOrDefault("WEBHOOKS_LOG", "").strip();
    if (value.isEmpty()) {
      value = System.getProperty(KEY, "").strip();
    }
    return value.isEmpty() ? ofFile(folder.resolve("application.properties")) : value;
  }

  private static String ofFile(Path file) {
    Properties settings = new Properties();
    if (Files.isRegularFile(file)) {
      try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
        settings.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        // The start says what is wrong with it.
        return "";
      }
    }
    return settings.getProperty(KEY, "").strip();
  }
}
