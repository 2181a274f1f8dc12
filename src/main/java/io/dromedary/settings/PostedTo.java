package io.dromedary.settings;

import java.util.List;
import java.util.Set;

/**
 * Endpoints that are to get a body. Camel's HTTP components choose GET, and send none, where a URI
 * has a query, which often is a token.
 */
public final class PostedTo {

  private static final Set<String> SCHEMES = Set.of("http", "https", "vertx-http");

  private PostedTo() {}

  /** The URI, and the method where it is one of HTTP and names none. */
  public static String uri(String uri) {
    boolean isGet = SCHEMES.contains(Settings.scheme(uri)) && uri.contains("?");
    return isGet ? UriOptions.with(uri, List.of("httpMethod=POST")) : uri;
  }
}
