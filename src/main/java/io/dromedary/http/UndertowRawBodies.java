package io.dromedary.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import org.apache.camel.component.undertow.CamelUndertowHttpHandler;
import org.jspecify.annotations.Nullable;

/**
 * Passes requests to an Undertow endpoint on unchanged. Undertow would parse bodies that claim to
 * be forms and write parts of some to disk. Loaded only if Undertow is present.
 */
public final class UndertowRawBodies implements CamelUndertowHttpHandler {

  private static final HttpString ADDRESS = new HttpString(RequestHead.ADDRESS);

  private @Nullable HttpHandler next;

  @Override
  public void setNext(HttpHandler next) {
    this.next = next;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    exchange.getRequestHeaders().remove(Headers.CONTENT_TYPE);
    // Overwrites a value that the sender may have set.
    exchange
        .getRequestHeaders()
        .put(ADDRESS, exchange.getSourceAddress().getAddress().getHostAddress());
    if (next != null) {
      next.handleRequest(exchange);
    }
  }
}
