package io.dromedary.http;

import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Counts the requests that a context refuses, by status. Operators see from it that senders use a
 * wrong key or that there is no capacity. Thread-safe.
 */
public final class RefusedRequests {

  private static final String OTHER = "other";

  /** The statuses with which a server, a check or a route refuses requests. */
  private static final List<Integer> STATUSES =
      List.of(400, 401, 403, 404, 405, 413, 414, 415, 429, 431, 500, 503, 505);

  private final Map<String, LongAdder> counts = new TreeMap<>();

  private RefusedRequests(Meters meters) {
    STATUSES.forEach(status -> counts.put(status.toString(), new LongAdder()));
    counts.put(OTHER, new LongAdder());
    counts.forEach(
        (status, count) ->
            meters.add(
                new Meter(
                    Kind.COUNTER,
                    "dromedary.refused.requests",
                    "Requests of which nothing was taken",
                    Map.of("status", status),
                    count::sum)));
  }

  /** Starts counting for a context. */
  static synchronized void in(CamelContext context) {
    if (of(context) == null) {
      context
          .getCamelContextExtension()
          .addContextPlugin(RefusedRequests.class, new RefusedRequests(Meters.of(context)));
    }
  }

  private static @Nullable RefusedRequests of(CamelContext context) {
    return context.getCamelContextExtension().getContextPlugin(RefusedRequests.class);
  }

  /** Counts a request that is refused with that status, if the context counts. */
  public static void count(CamelContext context, int status) {
    RefusedRequests refused = of(context);
    if (refused != null) {
      LongAdder other = refused.counts.get(OTHER);
      LongAdder counted = refused.counts.getOrDefault(Integer.toString(status), other);
      if (counted != null) {
        counted.increment();
      }
    }
  }
}
