package io.dromedary.settings;

import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Where the HTTP server listens that serves {@code platform-http}: Camel Main's, or that of a host.
 *
 * @param hostKey the property that names its address
 * @param host its address; null where none is named, which is all addresses of the machine
 * @param port null where it is not known before it listens
 * @param root what comes before the paths of all endpoints; empty, or a path
 */
record HttpServerInfo(String hostKey, @Nullable String host, @Nullable String port, String root) {

  private static final String OF_SPRING = "server.address";
  private static final String OF_CAMEL = "camel.server.host";

  /** Whether nobody beyond this machine can reach it. */
  boolean isLocal() {
    return host != null && Settings.isLoopback(host);
  }

  /** Whether it is that of Camel Main, which serves health and metrics, too. */
  boolean isOfCamel() {
    return hostKey.equals(OF_CAMEL);
  }

  static HttpServerInfo of(CamelContext context, PropertyReader keys) {
    if (isA(context, "org.apache.camel.spring.boot.SpringBootCamelContext")) {
      // Tomcat listens before Camel starts, perhaps on a port that nobody named.
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

  /** By name, since neither is on the class path of the other. */
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

  /** The part of it that Camel shows in the path of a request; Spring takes it off. */
  String requestRoot() {
    return hostKey.equals(OF_SPRING) ? "" : root;
  }

  /** The URL of a path on this server, for requests that come of this process. */
  @Nullable String url(String path) {
    return port == null || port.equals("0") ? null : "http://127.0.0.1:" + port + root + path;
  }

  /** The URL of a path as an operator may be told, where the server is beyond loopback too. */
  String shown(String path) {
    String address = host == null ? "0.0.0.0" : host;
    String bracketed =
        address.contains(":") && !address.startsWith("[") ? "[" + address + "]" : address;
    boolean isKnown = port != null && !port.equals("0");
    return "http://" + bracketed + (isKnown ? ":" + port : "") + root + path;
  }
}
