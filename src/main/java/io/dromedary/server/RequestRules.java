package io.dromedary.server;

import io.dromedary.http.Refusal;
import io.dromedary.http.RequestHead;
import io.dromedary.http.VertxRequests;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * What all requests to the packaged application have to keep to, whatever their path: it is read in
 * one way only, one host is named, which is a loopback address where nobody needs a key, and a
 * connection on which something is refused ends, since what follows might be taken for another
 * request, or never end.
 *
 * <p>Thread-safe.
 */
final class RequestRules implements Handler<RoutingContext> {

  /** For the rest of a body that nobody wants, so that its sender comes to read the answer. */
  private static final long LINGER_MILLIS = Duration.ofSeconds(1).toMillis();

  private final CamelContext context;
  private final boolean isLocal;

  /**
   * Rules.
   *
   * @param isLocal whether the server listens on a loopback address
   */
  RequestRules(CamelContext context, boolean isLocal) {
    this.context = context;
    this.isLocal = isLocal;
  }

  @Override
  public void handle(RoutingContext exchange) {
    exchange.addHeadersEndHandler(
        head -> {
          if (isUnread(exchange.request()) && exchange.request().version() != HttpVersion.HTTP_2) {
            exchange.response().putHeader("Connection", "close");
          }
        });
    Refusal refusal = refusal(exchange);
    if (refusal == null) {
      exchange.addEndHandler(ended -> closeUnread(exchange));
      exchange.next();
      return;
    }
    exchange.addEndHandler(
        ended -> {
          long millis = isUnread(exchange.request()) ? LINGER_MILLIS : 1;
          exchange.vertx().setTimer(millis, late -> close(exchange));
        });
    VertxRequests.refuse(context, exchange, Map.of("Connection", "close"), refusal);
  }

  private @Nullable Refusal refusal(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    if (request.version() == null) {
      return new Refusal(505, "unknown_version", "expected HTTP/1.1, found another version");
    }
    VertxRequests.Asked asked = VertxRequests.asked(context, exchange);
    RequestHead head = asked.head();
    if (!head.hasPlainPath()) {
      return Refusal.ofPath();
    }
    if (request.headers().getAll("Host").size() > 1) {
      return new Refusal(400, "invalid_host", "expected one Host, found more");
    }
    String encoding = request.getHeader("Transfer-Encoding");
    if (encoding != null
        && (!encoding.strip().equalsIgnoreCase("chunked")
            || request.headers().getAll("Transfer-Encoding").size() > 1)) {
      return new Refusal(
          400, "invalid_transfer_encoding", "expected Transfer-Encoding: chunked, found another");
    }
    // Who asks for our own paths may have a key or a secret, and is checked there.
    return isLocal && asked.check() == null && !head.isForLoopback() ? Refusal.ofHost() : null;
  }

  private static void closeUnread(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    if (isUnread(request)) {
      exchange
          .vertx()
          .setTimer(
              LINGER_MILLIS,
              late -> {
                if (!request.isEnded()) {
                  close(exchange);
                }
              });
    }
  }

  /** Whether something of a body may still come. */
  private static boolean isUnread(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    return !request.isEnded()
        && (length == null ? request.getHeader("Transfer-Encoding") != null : !length.equals("0"));
  }

  private static void close(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset();
    } else {
      request.connection().close();
    }
  }
}
