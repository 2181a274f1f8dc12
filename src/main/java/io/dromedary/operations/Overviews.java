package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Caches the overview of each range: for two seconds, or for half a minute if it covers a day or
 * more. One thread at a time takes a new snapshot. Meanwhile the others get the cached one if there
 * is one, so a history that hangs blocks one thread and not one for each viewer. Thread-safe.
 */
public final class Overviews {

  private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

  /** Longer, because there are many points to add up. */
  private static final long FRESH_OF_DAYS_NANOS = Duration.ofSeconds(30).toNanos();

  private record Seen(Overview overview, long atNanos) {}

  private final CamelContext context;
  private final Map<Range, Seen> seen = new ConcurrentHashMap<>();
  private final ReentrantLock looking = new ReentrantLock();

  /** Makes a cache for a Camel context. */
  public Overviews(CamelContext context) {
    this.context = context;
  }

  /** The overview of a range, from the cache if it is fresh. */
  public Overview of(Range range) {
    Seen last = seen.get(range);
    if (last != null && (isFresh(range, last) || !looking.tryLock())) {
      return last.overview();
    }
    if (last == null) {
      looking.lock();
    }
    try {
      Seen now = seen.get(range);
      // Another thread may have taken a snapshot while this one waited for the lock.
      if (now == null || !isFresh(range, now)) {
        now = new Seen(Overview.of(context, range), System.nanoTime());
        seen.put(range, now);
      }
      return now.overview();
    } finally {
      looking.unlock();
    }
  }

  private static boolean isFresh(Range range, Seen last) {
    boolean isOfDays = range.step().compareTo(Range.DAY.step()) >= 0;
    long freshNanos = isOfDays ? FRESH_OF_DAYS_NANOS : FRESH_NANOS;
    return System.nanoTime() - last.atNanos() <= freshNanos;
  }

  /**
   * Writes an overview as fields of a JSON object.
   *
   * @param range how far it looks back, such as {@code 24h}; null for an hour
   */
  void write(JsonGenerator json, @Nullable String range) throws IOException {
    of(Range.of(range)).write(json);
  }
}
