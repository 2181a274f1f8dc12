package io.dromedary.page;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Overviews of a context. However many people look, everything is looked at once in a few seconds,
 * of days once in half a minute, and by one of them at a time: the others see the last overview
 * meanwhile, so that a history that hangs does not hold a thread for each of them. Thread-safe.
 */
public final class Overviews {

  private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

  /** There are many points to add up. */
  private static final long FRESH_OF_DAYS_NANOS = Duration.ofSeconds(30).toNanos();

  private record Seen(Overview overview, long atNanos) {}

  private final CamelContext context;
  private final Map<Range, Seen> seen = new ConcurrentHashMap<>();
  private final ReentrantLock looking = new ReentrantLock();

  /** Overviews of a context. */
  public Overviews(CamelContext context) {
    this.context = context;
  }

  /** What everything is like, or was a moment ago. */
  Overview of(Range range) {
    Seen last = seen.get(range);
    if (last != null && (isFresh(range, last) || !looking.tryLock())) {
      return last.overview();
    }
    if (last == null) {
      looking.lock();
    }
    try {
      Seen now = seen.get(range);
      // Somebody else may have looked while this one waited.
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
   * @param range how far it looks back, such as {@code 24h}; null: an hour
   */
  public void write(JsonGenerator json, @Nullable String range) throws IOException {
    of(Range.of(range)).write(json);
  }
}
