package io.dromedary.settings;

import java.util.List;
import java.util.Set;

/**
 * Sets the method of HTTP endpoints that have to receive a body. If a URI has a query, which often
 * holds a token, Camel's HTTP components choose GET and send no body.
 */
public final class PostedTo {

  private static final Set<String> SCHEMES = Set.of("http", "https", "vertx-http");

  private PostedTo() {}

  /** Returns the URI, with the method POST if it is an HTTP endpoint with a query. */
  public static String uri(String uri) {
    boolean isGet = SCHEMES.contains(EndpointUri.scheme(uri)) && uri.contains("?");
    return isGet ? UriOptions.with(uri, List.of("httpMethod=POST")) : uri;
  }
}
