package io.dromedary.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import org.apache.camel.component.undertow.CamelUndertowHttpHandler;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests to an Undertow endpoint on as they came: Undertow would parse what calls itself a
 * form, and write the parts of some to the disk. Loaded only where there is Undertow.
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
    // In the place of what the sender may have said.
    exchange
        .getRequestHeaders()
        .put(ADDRESS, exchange.getSourceAddress().getAddress().getHostAddress());
    if (next != null) {
      next.handleRequest(exchange);
    }
  }
}
