package io.dromedary.history;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What was counted of the attempts at a destination, or at one webhook of it, in a time. */
public final class Rollup {

  private final Instant at;
  private final Counts counts;

  Rollup(Instant at, Counts counts) {
    this.at = at;
    this.counts = counts;
  }

  /** What was counted in several times together. */
  public static Rollup sum(Instant at, Iterable<Rollup> parts) {
    Counts sum = new Counts();
    parts.forEach(part -> sum.add(part.counts));
    return new Rollup(at, sum);
  }

  /** How many attempts have ended. */
  public long attempts() {
    return accepted() + temporary() + permanent();
  }

  /** When the time begins. */
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

  /** How many attempts were of each class. */
  public Map<String, Long> byClass() {
    return new TreeMap<>(counts.byClass());
  }

  /** How many events of the destination enough webhooks have accepted. */
  public long delivered() {
    return counts.deliveries.size();
  }

  /**
   * The time that so large a part of the attempts has taken at the most, or null where there are
   * none.
   */
  public @Nullable Duration quantile(double part) {
    double micros = counts.attempts.quantile(part);
    return Double.isNaN(micros) ? null : Duration.ofNanos(Math.round(micros * 1000));
  }

  /**
   * The time from acceptance to delivery that so large a part of the events has taken at the most,
   * or null where there are none. It is of the whole destination.
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
