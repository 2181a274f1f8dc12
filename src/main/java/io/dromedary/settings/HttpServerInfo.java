package io.dromedary.settings;

import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Where the HTTP server for {@code platform-http} listens: Camel Main's server or a host's.
 *
 * @param hostKey the property with its address
 * @param host its address, or null if none is set and it listens on all addresses
 * @param port its port, or null if the port is not known before the server listens
 * @param root the prefix of the paths of all endpoints: empty, or a path
 */
record HttpServerInfo(String hostKey, @Nullable String host, @Nullable String port, String root) {

  private static final String OF_SPRING = "server.address";
  private static final String OF_CAMEL = "camel.server.host";

  /** Returns whether only this machine can reach it. */
  boolean isLocal() {
    return host != null && Settings.isLoopback(host);
  }

  /** Returns whether it is Camel Main's server, which also serves health and metrics. */
  boolean isOfCamel() {
    return hostKey.equals(OF_CAMEL);
  }

  static HttpServerInfo of(CamelContext context, PropertyReader keys) {
    if (isA(context, "org.apache.camel.spring.boot.SpringBootCamelContext")) {
      // Tomcat listens before Camel starts, perhaps on a random port.
      String port = keys.ofHost("local.server.port", keys.ofHost("server.port", "8080"));
      return new HttpServerInfo(
          OF_SPRING,
          keys.ofHost(OF_SPRING, null),
          port,
          root(keys.ofHost("server.servlet.context-path", null)));
    }
    if (isQuarkus(context)) {
      return new HttpServerInfo(
          "quarkus.http.host",
          keys.ofHost("quarkus.http.host", null),
          keys.ofHost("quarkus.http.port", "8080"),
          root(keys.ofHost("quarkus.http.root-path", null)));
    }
    return new HttpServerInfo(
        OF_CAMEL,
        keys.raw(OF_CAMEL),
        keys.raw("camel.server.port"),
        root(keys.raw("camel.server.path")));
  }

  static boolean isQuarkus(CamelContext context) {
    return isA(context, "org.apache.camel.quarkus.core.FastCamelContext");
  }

  /** Compares classes by name, since a host has only its own on its class path. */
  private static boolean isA(CamelContext context, String name) {
    for (Class<?> type = context.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals(name)) {
        return true;
      }
    }
    return false;
  }

  private static String root(@Nullable String path) {
    String bare = path == null ? "" : path.strip().replaceAll("^/+|/+$", "");
    return bare.isEmpty() ? "" : "/" + bare;
  }

  /** The root as it appears in the paths of requests. Spring removes it. */
  String requestRoot() {
    return hostKey.equals(OF_SPRING) ? "" : root;
  }

  /** The URL of a path on this server for requests from this process, or null if unknown. */
  @Nullable String url(String path) {
    return port == null || port.equals("0") ? null : "http://127.0.0.1:" + port + root + path;
  }

  /** The URL of a path for operators, with the address that the server listens on. */
  String shown(String path) {
    String address = host == null ? "0.0.0.0" : host;
    String bracketed =
        address.contains(":") && !address.startsWith("[") ? "[" + address + "]" : address;
    boolean isKnown = port != null && !port.equals("0");
    return "http://" + bracketed + (isKnown ? ":" + port : "") + root + path;
  }
}
