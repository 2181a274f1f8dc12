package io.dromedary.server;

import io.dromedary.http.RawBodies;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits the memory of requests that are being received. Each request reserves the length of its
 * body from its head until its answer, or the maximum length if it does not state one. If there is
 * no room it gets a 503 before its body is read. It gets a 429 if the requests of its address have
 * reserved more than is left, so a single address can take no more than about half. A connection
 * whose body arrives more slowly than {@link #LEAST_RATE} is closed.
 *
 * <p>Thread-safe.
 */
final class RequestBudget implements Handler<RoutingContext> {

  /** The time a body may take in addition to its time at the least rate. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** In bytes per second. */
  static final long LEAST_RATE = 16 * 1024;

  private final long graceMillis;

  /** Guarded by this, as are the reservations per address. */
  private long left;

  private final Map<String, Long> taken = new HashMap<>();

  /**
   * Creates the limit.
   *
   * @param bytes the memory for all requests together
   * @param grace the time a body may take in addition to its time at the least rate
   */
  RequestBudget(long bytes, Duration grace) {
    this.left = bytes;
    this.graceMillis = grace.toMillis();
  }

  @Override
  public void handle(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    long length = length(request);
    if (length == 0) {
      exchange.next();
      return;
    }
    String address = request.remoteAddress().hostAddress();
    int refused = take(address, length);
    if (refused != 0) {
      // The rest of the body is not read.
      exchange.response().putHeader("Connection", "close");
      exchange.fail(refused);
      return;
    }
    long timer =
        exchange
            .vertx()
            .setTimer(
                graceMillis + length * 1000 / LEAST_RATE,
                late -> {
                  if (!request.isEnded()) {
                    request.connection().close();
                  }
                });
    exchange.addEndHandler(
        ended -> {
          exchange.vertx().cancelTimer(timer);
          giveBack(address, length);
        });
    exchange.next();
  }

  /** Reserves room. Returns 0, or the status with which the request is refused. */
  private synchronized int take(String address, long length) {
    if (length > left) {
      return 503;
    }
    long before = taken.getOrDefault(address, 0L);
    if (before > left) {
      return 429;
    }
    left -= length;
    taken.put(address, before + length);
    return 0;
  }

  private synchronized void giveBack(String address, long length) {
    left += length;
    taken.computeIfPresent(address, (key, value) -> value == length ? null : value - length);
  }

  /**
   * Returns the bytes to reserve. A body with a longer Content-Length is refused without reading
   * it.
   */
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
