package io.dromedary.metrics;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Counts durations by how long they are. It keeps nothing itself: until {@link Meters} publishes
 * it, and where there is no Micrometer, a recorded duration is ignored. Recording costs less than
 * 100 ns. Thread-safe.
 */
public final class Histogram {

  /** Takes durations where somebody can read them. */
  interface Sink {
    void record(long nanos);
  }

  private final List<Duration> buckets;
  private volatile @Nullable Sink sink;

  private Histogram(LongStream millis) {
    this.buckets = millis.mapToObj(Duration::ofMillis).toList();
  }

  /**
   * A histogram of requests: from 5 ms to 10 s, in the steps that OpenTelemetry recommends for
   * HTTP.
   */
  public static Histogram ofRequests() {
    return new Histogram(requests());
  }

  /** A histogram of deliveries, which may take as long as the longest retry window: up to 4 h. */
  public static Histogram ofDeliveries() {
    return new Histogram(
        LongStream.concat(
            requests(), LongStream.of(30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000)));
  }

  /** A histogram of what a disk does: from 1 ms to 10 s. */
  public static Histogram ofCommits() {
    return new Histogram(LongStream.concat(LongStream.of(1, 2), requests()));
  }

  private static LongStream requests() {
    return LongStream.of(5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000);
  }

  /** The upper bounds of its buckets. */
  List<Duration> buckets() {
    return buckets;
  }

  /** Counts a duration; a negative one counts as none. */
  public void record(long nanos) {
    Sink to = sink;
    if (to != null) {
      try {
        to.record(Math.max(0, nanos));
      } catch (RuntimeException e) {
        // A registry that fails is no reason to deliver an event again.
      }
    }
  }

  /** From now on durations go there; null: nowhere. */
  void publish(@Nullable Sink to) {
    sink = to;
  }
}
