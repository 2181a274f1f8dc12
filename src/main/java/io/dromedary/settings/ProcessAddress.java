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
 * How a command reaches the running process, which was started with the same settings.
 *
 * @param url the URL of its server
 * @param management the management path
 * @param tracking the path of the tracking API
 * @param secret the token for the management path, or null if none is required
 * @param writeKey the write key for the tracking API, or null if none is required
 * @param health the URL of the health check
 * @param healthLogin the login for the health check, {@code NAME:PASSWORD}, or null if none is
 *     required
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

  /** A line with a user, a password and, optionally, roles. */
  private static final Pattern USER =
      Pattern.compile("\\s*user\\.([^=:\\s]+)\\s*[=:]\\s*([^,]*?)\\s*(,.*)?");

  private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

  /**
   * Reads the settings that contain the address.
   *
   * @throws InvalidSettingsException naming every wrong key among them
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
    // The same rule as in ServerCheck, which decides where the application serves its health.
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

  /** The first user in the file with a server's users, or null. */
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
      // The server will answer that a login is required.
      return null;
    }
  }
}
