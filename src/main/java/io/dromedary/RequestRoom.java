package io.dromedary;

import io.dromedary.event.RawBodies;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what requests that are being received take of the memory. Each takes its length from its
 * head until it is answered, the longest there is if it does not tell. Where there is no room it is
 * answered 503 before its body is read, and one whose body has not come after a minute is cut.
 *
 * <p>Thread-safe.
 */
final class RequestRoom implements Handler<RoutingContext> {

  static final Duration LONGEST = Duration.ofMinutes(1);

  private final AtomicLong left;
  private final long longestMillis;

  /**
   * Room for requests.
   *
   * @param bytes for all together
   * @param longest in which a body has to come
   */
  RequestRoom(long bytes, Duration longest) {
    this.left = new AtomicLong(bytes);
    this.longestMillis = longest.toMillis();
  }

  @Override
  public void handle(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    long length = length(request);
    if (length == 0) {
      exchange.next();
      return;
    }
    if (left.addAndGet(-length) < 0) {
      left.addAndGet(length);
      // What follows of the body is not wanted.
      exchange.response().putHeader("Connection", "close");
      exchange.fail(503);
      return;
    }
    long timer =
        exchange
            .vertx()
            .setTimer(
                longestMillis,
                late -> {
                  if (!request.isEnded()) {
                    request.connection().close();
                  }
                });
    exchange.addEndHandler(
        ended -> {
          exchange.vertx().cancelTimer(timer);
          left.addAndGet(length);
        });
    exchange.next();
  }

  /** What it takes at the most; a body that says it is longer is not read. */
  private static long length(HttpServerRequest request) {
    String told = request.getHeader("Content-Length");
    if (told == null) {
      return request.getHeader("Transfer-Encoding") == null ? 0 : RawBodies.MOST_BYTES;
    }
    try {
      long length = Long.parseLong(told);
      return length > RawBodies.MOST_BYTES ? 0 : Math.max(0, length);
    } catch (NumberFormatException e) {
      return RawBodies.MOST_BYTES;
    }
  }
}
