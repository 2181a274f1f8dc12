package io.dromedary.history;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the outcomes of attempts at one webhook, and limits how many records are kept. Webhook 0
 * stands for the destination itself: it counts deliveries, and limits the records of plain
 * successes. Thread-safe.
 */
final class Tally {

  private final String destination;
  private final int webhook;

  /** The counts by outcome and class. Making a single key of both would cost more than counting. */
  private final Map<String, Map<String, LongAdder>> ended = new ConcurrentHashMap<>();

  private final Map<String, Long> taken = new ConcurrentHashMap<>();
  private final Map<String, Limit> limits = new ConcurrentHashMap<>();
  private final Latencies.Live attempts = new Latencies.Live();
  private final Latencies.Live deliveries = new Latencies.Live();

  /** An attempt that takes longer than this is slow. */
  private volatile long slowMicros = Long.MAX_VALUE;

  Tally(String destination, int webhook) {
    this.destination = destination;
    this.webhook = webhook;
  }

  String destination() {
    return destination;
  }

  int webhook() {
    return webhook;
  }

  /**
   * Counts an attempt.
   *
   * @return whether it was slow
   */
  boolean attempt(String outcome, String attemptClass, long tookMicros) {
    ended
        .computeIfAbsent(outcome, key -> new ConcurrentHashMap<>())
        .computeIfAbsent(attemptClass, key -> new LongAdder())
        .increment();
    attempts.record(tookMicros);
    return tookMicros > slowMicros;
  }

  /** Counts a delivered event. */
  void delivered(long tookMillis) {
    deliveries.record(tookMillis);
  }

  /** Whether another record of a kind may be kept in this second. Counts it if so. */
  boolean isWithin(String kind, int most) {
    return limits.computeIfAbsent(kind, key -> new Limit()).take(most);
  }

  void setSlow(long micros) {
    slowMicros = micros;
  }

  /** Returns the counts since the last call. For one thread only. */
  Counts take() {
    Counts since = new Counts();
    ended.forEach(
        (outcome, classes) ->
            classes.forEach(
                (attemptClass, count) -> {
                  String key = Counts.key(outcome, attemptClass);
                  long now = count.sum();
                  Long before = taken.put(key, now);
                  since.add(key, now - (before == null ? 0 : before));
                }));
    since.attempts.add(attempts.take());
    since.deliveries.add(deliveries.take());
    return since;
  }
}
