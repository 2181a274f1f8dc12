package io.dromedary.server;

import io.dromedary.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;

/**
 * Decides where the health endpoint is served, and refuses the start in two cases. If a server's
 * port is taken, Camel would only log a warning, stay up and serve nothing. The other case is that
 * strangers could request the health endpoint or files.
 *
 * <p>On loopback the health endpoint is served beside the tracking API. If that is open to others,
 * the health endpoint is served on loopback, on a port of its own, unless the operator configures
 * something else with a password. Camel uses one server for both if they have the same port.
 */
public final class ServerCheck extends MainListenerSupport {

  static final String SERVER = "camel.server";
  private static final String MANAGEMENT = "camel.management";
  private static final String MANAGEMENT_PORT = "9876";
  private static final Set<String> EVERY_PATH = Set.of("/", "/*", "*");

  @Override
  public void beforeConfigure(BaseMainSupport main) {
    CamelContext context = main.getCamelContext();
    String host = value(context, SERVER + ".host", "");
    String port = value(context, SERVER + ".port", "");
    boolean isLocal = Settings.isLoopback(host);
    context
        .getPropertiesComponent()
        .addInitialProperty(MANAGEMENT + ".host", isLocal ? host : "127.0.0.1");
    context
        .getPropertiesComponent()
        .addInitialProperty(MANAGEMENT + ".port", isLocal ? port : MANAGEMENT_PORT);
    check(SERVER, host, port);
    if (Boolean.parseBoolean(value(context, SERVER + ".staticEnabled", "false"))) {
      throw new IllegalStateException(
          SERVER
              + ".staticEnabled: found true, which serves the working directory with the settings"
              + " and the outbox in it, expected false.");
    }
    if (!Boolean.parseBoolean(value(context, MANAGEMENT + ".enabled", "false"))) {
      return;
    }
    boolean isShared = port.equals(value(context, MANAGEMENT + ".port", ""));
    String server = isShared ? SERVER : MANAGEMENT;
    String served = value(context, server + ".host", "");
    if (!Settings.isLoopback(served) && !hasAuthentication(context, server)) {
      throw new IllegalStateException(
          server
              + ".host: found "
              + served
              + ", where the health would be served to anybody, expected "
              + (isShared ? "another port for it (camel.management.port)" : "a loopback address")
              + " or "
              + server
              + ".authenticationEnabled = true and "
              + server
              + ".basicPropertiesFile.");
    }
    if (!Settings.isLoopback(served)) {
      checkAuthenticated(context, server);
    }
    if (!isShared) {
      check(MANAGEMENT, served, value(context, MANAGEMENT + ".port", ""));
    }
  }

  /**
   * Camel asks for a password below one path only, and only for that exact path if it has no star.
   */
  private static void checkAuthenticated(CamelContext context, String server) {
    String key = server + ".authenticationPath";
    String path = value(context, key, "");
    if (path.isBlank()) {
      key = server + ".path";
      path = value(context, key, "/");
    }
    if (!EVERY_PATH.contains(path)) {
      throw new IllegalStateException(
          key
              + ": found "
              + path
              + ", which leaves the health and other paths open to anybody, expected "
              + server
              + ".authenticationPath = /*");
    }
  }

  /**
   * Returns whether a password is required. Without a file or a key store, Camel would consider
   * authentication configured but not require it.
   */
  private static boolean hasAuthentication(CamelContext context, String server) {
    return Boolean.parseBoolean(value(context, server + ".authenticationEnabled", "false"))
        && !(value(context, server + ".basicPropertiesFile", "")
                + value(context, server + ".jwtKeystoreType", ""))
            .isBlank();
  }

  private static String value(CamelContext context, String key, String fallback) {
    return context.resolvePropertyPlaceholders("{{" + key + ":" + fallback + "}}");
  }

  static void check(String server, String host, String port) {
    // Binds without listening: otherwise a sender that waits for the port would be accepted here
    // and then reset.
    try (Socket socket = new Socket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), Integer.parseInt(port)));
    } catch (IOException | IllegalArgumentException e) {
      throw notFree(server, host, port, String.valueOf(e.getMessage()));
    }
  }

  static IllegalStateException notFree(String server, String host, String port, String reason) {
    return new IllegalStateException(
        server
            + ".host and "
            + server
            + ".port: found "
            + host
            + " and "
            + port
            + ", expected an address of this machine and a port that is free ("
            + reason
            + ").");
  }
}
