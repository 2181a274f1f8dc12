package io.dromedary.server;

import io.dromedary.http.Refusal;
import io.dromedary.http.RefusedRequests;
import io.dromedary.http.VertxRequests;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;

/**
 * Makes the packaged server answer in JSON where it answers by itself. Vert.x would answer in HTML
 * or without a body.
 */
final class JsonErrors {

  /** The statuses with which Vert.x, its body handler and {@link RequestBudget} refuse requests. */
  private static final int[] STATUSES = {400, 404, 405, 413, 415, 429, 500, 503};

  private JsonErrors() {}

  /** Answers requests that no route of the router has answered. */
  static void in(CamelContext context, Router router) {
    for (int status : STATUSES) {
      router.errorHandler(status, exchange -> answer(context, exchange, status));
    }
  }

  private static void answer(CamelContext context, RoutingContext exchange, int status) {
    String method = exchange.request().method().name();
    Refusal refusal =
        switch (status) {
          case 404 ->
              new Refusal(404, "not_found", "expected a path that is served, found another");
          case 405 ->
              new Refusal(
                  405,
                  "method_not_allowed",
                  "expected another method for this path, found " + method);
          default -> Refusal.ofServer(status);
        };
    VertxRequests.refuse(context, exchange, refusal.headers(), refusal);
  }

  /** Answers a request whose head could not be parsed, and closes its connection. */
  static void answerUnreadable(CamelContext context, HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Refusal refusal;
    if (cause instanceof TooLongHttpLineException) {
      refusal =
          new Refusal(414, "uri_too_long", tooLong("a first line", LateHttpServer.MOST_LINE_BYTES));
    } else if (cause instanceof TooLongHttpHeaderException) {
      refusal =
          new Refusal(431, "head_too_large", tooLong("headers", LateHttpServer.MOST_HEADER_BYTES));
    } else {
      refusal =
          new Refusal(400, "invalid_request", "expected a request of HTTP/1.1, found another text");
    }
    RefusedRequests.count(context, refusal.status());
    request
        .response()
        .setStatusCode(refusal.status())
        .putHeader("Content-Type", "application/json")
        .putHeader("Connection", "close")
        .end(refusal.toJson())
        .onComplete(written -> request.connection().close());
  }

  private static String tooLong(String what, int bytes) {
    return "expected " + what + " of at most " + bytes + " bytes, found more";
  }
}
