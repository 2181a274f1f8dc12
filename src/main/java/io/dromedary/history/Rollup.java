package io.dromedary.history;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The counts of attempts at a destination, or at one of its webhooks, in a period. */
public final class Rollup {

  private final Instant at;
  private final Counts counts;

  Rollup(Instant at, Counts counts) {
    this.at = at;
    this.counts = counts;
  }

  /** Adds up the counts of several periods. */
  public static Rollup sum(Instant at, Iterable<Rollup> parts) {
    Counts sum = new Counts();
    parts.forEach(part -> sum.add(part.counts));
    return new Rollup(at, sum);
  }

  /** The number of attempts that have ended. */
  public long attempts() {
    return accepted() + temporary() + permanent();
  }

  /** The beginning of the period. */
  public Instant at() {
    return at;
  }

  public long accepted() {
    return counts.of(AttemptRecord.ACCEPTED);
  }

  public long temporary() {
    return counts.of(AttemptRecord.TEMPORARY);
  }

  public long permanent() {
    return counts.of(AttemptRecord.PERMANENT);
  }

  /** The number of attempts of each class. */
  public Map<String, Long> byClass() {
    return new TreeMap<>(counts.byClass());
  }

  /** The number of the destination's events that enough webhooks have accepted. */
  public long delivered() {
    return counts.deliveries.size();
  }

  /**
   * Returns a quantile of the durations of attempts, or null if there were none.
   *
   * @param part the quantile, from 0 to 1
   */
  public @Nullable Duration quantile(double part) {
    double micros = counts.attempts.quantile(part);
    return Double.isNaN(micros) ? null : Duration.ofNanos(Math.round(micros * 1000));
  }

  /**
   * Returns a quantile of the times from acceptance to delivery, or null if nothing was delivered.
   * It is always that of the whole destination.
   *
   * @param part the quantile, from 0 to 1
   */
  public @Nullable Duration deliveryQuantile(double part) {
    double millis = counts.deliveries.quantile(part);
    return Double.isNaN(millis) ? null : Duration.ofNanos(Math.round(millis * 1_000_000));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Rollup rollup
        && rollup.at.equals(at)
        && rollup.counts.toString().equals(counts.toString());
  }

  @Override
  public int hashCode() {
    return Objects.hash(at, counts.toString());
  }

  @Override
  public String toString() {
    return at + " " + counts;
  }
}
