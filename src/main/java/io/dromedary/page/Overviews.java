package io.dromedary.page;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Overviews of a context. However many people look, everything is looked at once in a few seconds,
 * of days once in half a minute, and by one of them at a time. Thread-safe.
 */
public final class Overviews {

  private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

  /** There are many points to add up. */
  private static final long FRESH_OF_DAYS_NANOS = Duration.ofSeconds(30).toNanos();

  private record Seen(Overview overview, long atNanos) {}

  private final CamelContext context;
  private final Map<Range, Seen> seen = new EnumMap<>(Range.class);

  /** Overviews of a context. */
  public Overviews(CamelContext context) {
    this.context = context;
  }

  /** What everything is like, as of two seconds ago at the most. */
  synchronized Overview of(Range range) {
    Seen last = seen.get(range);
    boolean isOfDays = range.step().compareTo(Range.DAY.step()) >= 0;
    long freshNanos = isOfDays ? FRESH_OF_DAYS_NANOS : FRESH_NANOS;
    if (last == null || System.nanoTime() - last.atNanos() > freshNanos) {
      last = new Seen(Overview.of(context, range), System.nanoTime());
      seen.put(range, last);
    }
    return last.overview();
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
