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
 * Enforces rules for all requests to the packaged application, whatever their path. The path must
 * be unambiguous. Exactly one host is named, and it must be a loopback address where no key is
 * required. A connection ends after a refused request, since the bytes that follow could be taken
 * for another request or never end.
 *
 * <p>Thread-safe.
 */
final class RequestRules implements Handler<RoutingContext> {

  /**
   * How long the rest of an unwanted body is received, so that its sender gets to read the answer.
   */
  private static final long LINGER_MILLIS = Duration.ofSeconds(1).toMillis();

  private final CamelContext context;
  private final boolean isLocal;

  /**
   * Creates the rules.
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
            if (exchange.response().getStatusCode() >= 400) {
              StrictRequestDecoder.discardBody(exchange.request().connection());
            }
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
    // Requests to our own paths may carry a key or a secret, so the path's check decides there.
    return isLocal && asked.check() == null && !head.isForLoopback() ? Refusal.ofHost(head) : null;
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

  /** Returns whether more of a body may arrive. */
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
