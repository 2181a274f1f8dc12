package io.dromedary.server;

import io.dromedary.http.RawBodies;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Bounds what requests that are being received take of the memory. Each takes its length from its
 * head until it is answered, the longest there is if it does not tell. Where there is no room it is
 * answered 503 before its body is read, and 429 where the requests of its address take more than
 * all others leave: one that fills the room leaves half of it. A body that comes slower than {@link
 * #LEAST_RATE} is cut.
 *
 * <p>Thread-safe.
 */
final class RequestRoom implements Handler<RoutingContext> {

  /** What a body may take beside the time that it takes at the least rate. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** In bytes a second. */
  static final long LEAST_RATE = 16 * 1024;

  private final long graceMillis;

  /** Guarded by this, as is what each address takes. */
  private long left;

  private final Map<String, Long> taken = new HashMap<>();

  /**
   * Room for requests.
   *
   * @param bytes for all together
   * @param grace in which a body has to come, beside what it takes at the least rate
   */
  RequestRoom(long bytes, Duration grace) {
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
      // What follows of the body is not wanted.
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

  /** Returns 0, or the status of a request for which there is no room. */
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
