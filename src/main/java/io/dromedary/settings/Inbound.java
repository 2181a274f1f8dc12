package io.dromedary.settings;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An endpoint that events come from.
 *
 * @param name {@value #DEFAULT}, or that of {@code webhooks.inbound.NAME}
 * @param uri of the endpoint, as it was set
 */
public record Inbound(String name, String uri) {

  /** The name of {@code webhooks.inbound}. */
  public static final String DEFAULT = "default";

  /** Components whose endpoints the server of the application or of the host serves. */
  private static final Set<String> OF_THE_SERVER = Set.of("platform-http", "servlet");

  /** Components whose endpoints are HTTP servers of their own. */
  private static final Set<String> SERVERS = Set.of("jetty", "netty-http", "undertow");

  /** The host and the path of the URI of such an endpoint, of which some have a scheme twice. */
  private static final Pattern SERVER =
      Pattern.compile(
          "[a-z-]+:/*(?:(?:https?|wss?|proxy):/*)?"
              + "(?:[^/?@]*@)?(?<host>\\[[^]/?]*]|[^:/?]*)[^/?]*(?<path>[^?]*).*");

  /** Whether a message is a request over HTTP, whose sender waits for the answer. */
  public boolean isHttp() {
    return OF_THE_SERVER.contains(scheme()) || isServer();
  }

  /** Whether it is an HTTP server of its own. */
  public boolean isServer() {
    return SERVERS.contains(scheme());
  }

  /** Whether it is an endpoint of the component {@code platform-http}. */
  public boolean isOfPlatform() {
    return scheme().equals("platform-http");
  }

  /** The name of its component. */
  public String scheme() {
    return Settings.scheme(uri);
  }

  /** The path of an HTTP endpoint, which begins with a slash. */
  public String path() {
    Matcher matcher = SERVER.matcher(uri);
    String path =
        isServer() && matcher.matches()
            ? matcher.group("path")
            : uri.substring(uri.indexOf(':') + 1).replaceFirst("\\?.*$", "");
    return "/" + path.replaceAll("^/+|(?<=.)/+$", "");
  }

  /** The address that an HTTP server of its own listens on. */
  String host() {
    Matcher matcher = SERVER.matcher(uri);
    return matcher.matches() ? matcher.group("host") : "";
  }

  /** The key that sets it, without {@code webhooks.}. */
  String key() {
    return name.equals(DEFAULT) ? "inbound" : "inbound." + name;
  }

  /** The id of the route that it is the beginning of. */
  public String routeId() {
    return name.equals(DEFAULT) ? "dromedary-receive-events" : "dromedary-receive-events-" + name;
  }

  /** The name of the bean by which a server hands bodies on as they came, where it needs one. */
  public String rawBodies() {
    return "dromedary-raw-bodies-" + name;
  }
}
