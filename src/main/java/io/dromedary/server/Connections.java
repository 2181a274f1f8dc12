package io.dromedary.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits the connections of senders: their number in total and per address, their time without a
 * request, their consecutive refusals, and their unread answers. Otherwise connections could use up
 * the file descriptors that deliveries need.
 *
 * <p>Thread-safe.
 */
final class Connections implements Handler<RoutingContext> {

  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  private static final int MOST = 10_000;
  private static final int FEWEST = 100;

  /** The timeout of the head of the first request, from the start of the connection. */
  static final Duration FIRST_HEAD = Duration.ofSeconds(10);

  /** The timeout from an answer to the head of the next request. */
  static final Duration NEXT_HEAD = Duration.ofSeconds(75);

  private static final int MOST_REFUSED = 20;
  private static final long LOOK_MILLIS = 1000;
  private static final long TOLD_NANOS = Duration.ofMinutes(1).toNanos();

  private final int most;
  private final long firstNanos;
  private final long nextNanos;
  private final Map<HttpConnection, Requests> open = new ConcurrentHashMap<>();
  private final Map<String, Integer> ofAddress = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private long toldNanos = System.nanoTime() - TOLD_NANOS;

  /** The requests of a connection. Guarded by itself. */
  private static final class Requests {

    private int running;
    private boolean hasHadOne;

    /** Consecutive refusals. */
    private int refused;

    private long sinceNanos = System.nanoTime();

    synchronized void begins() {
      running++;
      hasHadOne = true;
    }

    /** Records the status of an answer. */
    synchronized void answers(int status) {
      refused = status >= 400 && status < 500 ? refused + 1 : 0;
    }

    synchronized void ends() {
      running--;
      sinceNanos = System.nanoTime();
    }

    /** Returns whether too many consecutive requests have been refused. */
    synchronized boolean isRefused() {
      return refused >= MOST_REFUSED;
    }

    synchronized boolean isIdle(long firstNanos, long nextNanos) {
      return running == 0 && System.nanoTime() - sinceNanos >= (hasHadOne ? nextNanos : firstNanos);
    }
  }

  /**
   * Creates the limits.
   *
   * @param most the maximum in total; an address may have half of it
   * @param firstHead the timeout of the first request's head
   * @param nextHead the timeout of each further request's head
   */
  Connections(int most, Duration firstHead, Duration nextHead) {
    this.most = most;
    this.firstNanos = firstHead.toNanos();
    this.nextNanos = nextHead.toNanos();
  }

  /** Returns a limit that leaves half of the process's file descriptors. */
  static int most() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? (int) Math.min(MOST, Math.max(FEWEST, unix.getMaxFileDescriptorCount() / 2 - FEWEST))
        : MOST;
  }

  /** Closes idle connections from now on, until the server's threads end. */
  void watch(Vertx vertx) {
    vertx.setPeriodic(
        LOOK_MILLIS,
        timer ->
            open.forEach(
                (connection, requests) -> {
                  if (requests.isIdle(firstNanos, nextNanos)) {
                    connection.close();
                  }
                }));
  }

  /** Registers a new connection, and closes it if there are too many. */
  void opened(HttpConnection connection) {
    String address = connection.remoteAddress().hostAddress();
    boolean isTaken = count.incrementAndGet() <= most;
    isTaken &= ofAddress.merge(address, 1, Integer::sum) <= most / 2;
    open.put(connection, new Requests());
    connection.closeHandler(
        closed -> {
          open.remove(connection);
          count.decrementAndGet();
          ofAddress.computeIfPresent(address, (key, value) -> value == 1 ? null : value - 1);
        });
    if (!isTaken) {
      tell(address);
      connection.close();
    }
  }

  private synchronized void tell(String address) {
    if (System.nanoTime() - toldNanos >= TOLD_NANOS) {
      toldNanos = System.nanoTime();
      LOG.warn(
          "Connections are closed at once, the last one of {}: {} are open, {} may be, and half of"
              + " them of one address",
          address,
          count,
          most);
    }
  }

  /** Handles a request. */
  @Override
  public void handle(RoutingContext exchange) {
    HttpServerRequest request = exchange.request();
    if (request.response().writeQueueFull()) {
      // The client does not read answers.
      request.connection().close();
      return;
    }
    Requests requests = open.get(request.connection());
    if (requests != null) {
      requests.begins();
      HttpServerResponse response = request.response();
      exchange.addHeadersEndHandler(
          head -> {
            requests.answers(response.getStatusCode());
            if (requests.isRefused() && request.version() != HttpVersion.HTTP_2) {
              response.putHeader("Connection", "close");
            }
          });
      exchange.addEndHandler(
          ended -> {
            requests.ends();
            if (requests.isRefused()) {
              // A new connection costs the client more than the server.
              request.connection().close();
            }
          });
    }
    exchange.next();
  }
}
