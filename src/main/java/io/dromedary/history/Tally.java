package io.dromedary.history;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what comes of the attempts at one webhook, and says of which something is kept. The number
 * 0 is the destination itself: its deliveries, and what was kept of its plain successes.
 * Thread-safe.
 */
public final class Tally {

  private final String destination;
  private final int webhook;

  /** By outcome, then by class: to make one key of both would cost more than to count. */
  private final Map<String, Map<String, LongAdder>> ended = new ConcurrentHashMap<>();

  private final Map<String, Long> taken = new ConcurrentHashMap<>();
  private final Map<String, Limit> limits = new ConcurrentHashMap<>();
  private final Latencies.Live attempts = new Latencies.Live();
  private final Latencies.Live deliveries = new Latencies.Live();

  /** An attempt that takes longer is one of the slow ones. */
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

  /** Counts an event that has been delivered. */
  void delivered(long tookMillis) {
    deliveries.record(tookMillis);
  }

  /** Whether one more of a kind may be kept in this second. */
  boolean isWithin(String kind, int most) {
    return limits.computeIfAbsent(kind, key -> new Limit()).take(most);
  }

  void setSlow(long micros) {
    slowMicros = micros;
  }

  /** What has been counted since this was last called. For one thread. */
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
