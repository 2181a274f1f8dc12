package io.dromedary.app;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * Chooses the format of the log, {@code webhooks.log}, before the first line is written. Reads it
 * from the environment, a system property or the settings file, without resolving placeholders. A
 * value other than {@code text} or {@code json} counts as text until the settings are checked,
 * which rejects it.
 */
final class LogFormat {

  private static final String KEY = "webhooks.log";
  private static final String JSON = "json";

  private LogFormat() {}

  /** Chooses the format for an application in a folder. */
  static void choose(Path folder, Map<String, String> environment) {
    boolean isJson = JSON.equals(found(folder, environment));
    PackagedApplication.setDefault("dromedary.log", isJson ? JSON : "text");
    PackagedApplication.setDefault("logback.configurationFile", "dromedary/logback.xml");
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
        // The start reports what is wrong with the file.
        return "";
      }
    }
    return settings.getProperty(KEY, "").strip();
  }
}
