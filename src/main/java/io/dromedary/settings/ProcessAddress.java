package io.dromedary.settings;

import java.util.List;
import java.util.Map;
import java.util.Set;
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
 */
public record ProcessAddress(
    String url,
    String management,
    String tracking,
    @Nullable String secret,
    @Nullable String writeKey) {

  private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

  /**
   * Reads the settings that are about it.
   *
   * @throws InvalidSettingsException naming every bad key of those
   */
  public static ProcessAddress of(CamelContext context, Map<String, String> environment) {
    Keys keys = new Keys(context, environment);
    String host = keys.raw("camel.server.host");
    String port = keys.raw("camel.server.port");
    List<String> secrets = Secrets.read(keys, "management.secret");
    List<String> writeKeys = Secrets.read(keys, "write-key.secret");
    ServerPaths paths = ServerPaths.read(keys, Server.of(context, keys).root());
    keys.checkAsked();
    if (host == null || ANY_ADDRESS.contains(host)) {
      host = "127.0.0.1";
    } else if (host.contains(":") && !host.startsWith("[")) {
      host = "[" + host + "]";
    }
    return new ProcessAddress(
        "http://" + host + ":" + (port == null ? "8080" : port),
        paths.root() + paths.management(),
        paths.root() + paths.tracking(),
        secrets.isEmpty() ? null : secrets.get(0),
        writeKeys.isEmpty() ? null : writeKeys.get(0));
  }
}
