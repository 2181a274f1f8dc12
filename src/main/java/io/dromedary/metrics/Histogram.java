package io.dromedary.metrics;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A histogram of durations with fixed buckets. It stores nothing itself: until {@link Meters}
 * publishes it, and without Micrometer, recorded durations are ignored. Recording costs less than
 * 100 ns. Thread-safe.
 */
public final class Histogram {

  /** Receives the durations of a published histogram. */
  interface Sink {
    void record(long nanos);
  }

  private final List<Duration> buckets;
  private volatile @Nullable Sink sink;

  private Histogram(LongStream millis) {
    this.buckets = millis.mapToObj(Duration::ofMillis).toList();
  }

  /**
   * Makes a histogram of requests, with buckets from 5 ms to 10 s as OpenTelemetry recommends for
   * HTTP.
   */
  public static Histogram ofRequests() {
    return new Histogram(requests());
  }

  /** Makes a histogram of deliveries, with buckets up to the longest retry window, 4 h. */
  public static Histogram ofDeliveries() {
    return new Histogram(
        LongStream.concat(
            requests(), LongStream.of(30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000)));
  }

  /** Makes a histogram of commits, with buckets from 1 ms to 10 s. */
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

  /** Records a duration. A negative one counts as 0. */
  public void record(long nanos) {
    Sink to = sink;
    if (to != null) {
      try {
        to.record(Math.max(0, nanos));
      } catch (RuntimeException e) {
        // A registry that fails must not cause an event to be delivered again.
      }
    }
  }

  /** Sets the receiver of durations; null to ignore them. */
  void publish(@Nullable Sink to) {
    sink = to;
  }
}
