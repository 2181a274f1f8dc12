package io.dromedary.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * How a process that was started with these settings is called by a command, which is another
 * process.
 *
 * @param url of its server
 * @param management the path of what is for operators
 * @param tracking the path of the tracking API
 * @param secret the token to present for the first, or null where none is wanted
 * @param writeKey the key to present for the other, or null where none is wanted
 * @param health the URL of the health
 * @param healthLogin what to present for it, {@code NAME:PASSWORD}, or null where nothing is wanted
 */
public record ProcessAddress(
    String url,
    String management,
    String tracking,
    @Nullable String secret,
    @Nullable String writeKey,
    String health,
    @Nullable String healthLogin) {

  private static final String HEALTH = "/observe/health";

  /** A user with his password and, behind it, his roles. */
  private static final Pattern USER =
      Pattern.compile("\\s*user\\.([^=:\\s]+)\\s*[=:]\\s*([^,]*?)\\s*(,.*)?");

  private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

  /**
   * Reads the settings that are about it.
   *
   * @throws InvalidSettingsException naming every bad key of those
   */
  public static ProcessAddress of(CamelContext context, Map<String, String> environment) {
    PropertyReader keys = new PropertyReader(context, environment);
    String listens = keys.raw("camel.server.host");
    String host = listens == null ? "127.0.0.1" : listens;
    String port = or(keys.raw("camel.server.port"), "8080");
    List<String> secrets = Secrets.read(keys, "management.secret");
    List<String> writeKeys = Secrets.read(keys, "write-key.secret");
    String root = HttpServerInfo.of(context, keys).root();
    ServerPaths paths = ServerPaths.read(keys, root);
    // As the application decides where the health is served, see ServerCheck.
    boolean isLocal = Settings.isLoopback(host);
    String healthHost = or(keys.raw("camel.management.host"), isLocal ? host : "127.0.0.1");
    String healthPort = or(keys.raw("camel.management.port"), isLocal ? port : "9876");
    boolean isShared = healthPort.equals(port);
    String login = login(keys, isShared ? "camel.server" : "camel.management");
    keys.checkAsked();
    return new ProcessAddress(
        url(host, port),
        paths.root() + paths.management(),
        paths.root() + paths.tracking(),
        secrets.isEmpty() ? null : secrets.get(0),
        writeKeys.isEmpty() ? null : writeKeys.get(0),
        url(isShared ? host : healthHost, healthPort) + (isShared ? root : "") + HEALTH,
        login);
  }

  private static String or(@Nullable String value, String fallback) {
    return value == null ? fallback : value;
  }

  private static String url(String host, String port) {
    String reached = ANY_ADDRESS.contains(host) ? "127.0.0.1" : host;
    boolean isBare = reached.contains(":") && !reached.startsWith("[");
    return "http://" + (isBare ? "[" + reached + "]" : reached) + ":" + port;
  }

  /** The first user of the file that a server knows its users by. */
  private static @Nullable String login(PropertyReader keys, String server) {
    boolean isAsked = Boolean.parseBoolean(keys.raw(server + ".authenticationEnabled"));
    String file = keys.raw(server + ".basicPropertiesFile");
    if (!isAsked || file == null) {
      return null;
    }
    try (Stream<String> lines = Files.lines(Path.of(file.replaceFirst("^file:", "")))) {
      return lines
          .map(line -> USER.matcher(line))
          .filter(Matcher::matches)
          .map(user -> user.group(1) + ":" + user.group(2))
          .findFirst()
          .orElse(null);
    } catch (IOException | UncheckedIOException e) {
      // The server says that it wants a login.
      return null;
    }
  }
}
