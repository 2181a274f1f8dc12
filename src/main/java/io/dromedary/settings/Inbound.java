package io.dromedary.settings;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An endpoint that events come from.
 *
 * @param name {@value #DEFAULT}, or the NAME of {@code webhooks.inbound.NAME}
 * @param uri the URI of the endpoint
 */
public record Inbound(String name, String uri) {

  /** The name of {@code webhooks.inbound}. */
  public static final String DEFAULT = "default";

  /** Components whose endpoints are served by the server of the application or of the host. */
  private static final Set<String> OF_THE_SERVER = Set.of("platform-http", "servlet");

  /** Components whose endpoints are HTTP servers of their own. */
  private static final Set<String> SERVERS = Set.of("jetty", "netty-http", "undertow");

  /** The URI of an endpoint with a server of its own. Some have a second scheme. */
  private static final Pattern SERVER =
      Pattern.compile(
          "[a-z-]+:/*(?:(?:https?|wss?|proxy):/*)?"
              + "(?:[^/?@]*@)?(?<host>\\[[^]/?]*]|[^:/?]*)[^/?]*(?<path>[^?]*).*");

  /** Returns whether its messages are HTTP requests, whose senders wait for a response. */
  public boolean isHttp() {
    return OF_THE_SERVER.contains(scheme()) || isServer();
  }

  /** Returns whether it is an HTTP server of its own. */
  public boolean isServer() {
    return SERVERS.contains(scheme());
  }

  /** Returns whether it is an endpoint of the component {@code platform-http}. */
  public boolean isOfPlatform() {
    return scheme().equals("platform-http");
  }

  /** The name of its component. */
  public String scheme() {
    return EndpointUri.scheme(uri);
  }

  /** The path of an HTTP endpoint, with a leading slash. */
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

  /** The key of the inbound, without {@code webhooks.}. */
  String key() {
    return name.equals(DEFAULT) ? "inbound" : "inbound." + name;
  }

  /** The id of the route that starts with it. */
  public String routeId() {
    return name.equals(DEFAULT) ? "dromedary-receive-events" : "dromedary-receive-events-" + name;
  }

  /** The name of the bean that makes its server hand on bodies unchanged, if it needs one. */
  public String rawBodies() {
    return "dromedary-raw-bodies-" + name;
  }
}
