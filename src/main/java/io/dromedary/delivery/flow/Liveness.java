package io.dromedary.delivery.flow;

import java.util.HashSet;
import java.util.Set;

/**
 * The circuit breaker of a webhook. The webhook is down when a minimum number of consecutive
 * attempts, over a minimum time and with a minimum number of different events, has shown no sign of
 * life. One sign of life ends that. While the webhook is down, one attempt per interval is let
 * through as a probe, the first at once.
 *
 * <p>Not thread-safe.
 */
final class Liveness {

  private final FlowSettings settings;
  private final long downAfterNanos;
  private final long probeNanos;

  /**
   * The length of the current row of attempts without a sign of life, the end of its first attempt,
   * and its events.
   */
  private int row;

  private long rowSinceNanos;
  private final Set<Long> events = new HashSet<>();
  private boolean isDown;
  private long nextProbeNanos;

  Liveness(FlowSettings settings) {
    this.settings = settings;
    this.downAfterNanos = settings.downAfter().toNanos();
    this.probeNanos = settings.probeInterval().toNanos();
  }

  boolean isDown() {
    return isDown;
  }

  boolean isProbeDue(long now) {
    return now - nextProbeNanos >= 0;
  }

  /** While the webhook is down, returns the time until the next probe; at least 0. */
  long nanosUntilProbe(long now) {
    return Math.max(0, nextProbeNanos - now);
  }

  void probes(long now) {
    nextProbeNanos = now + probeNanos;
  }

  /**
   * Makes a probe due now, because the last one was not sent or an operator does not want to wait.
   */
  void probeCancelled(long now) {
    nextProbeNanos = now;
  }

  /** Records a sign of life. Returns whether the webhook was down until now. */
  boolean alive() {
    row = 0;
    if (!events.isEmpty()) {
      events.clear();
    }
    boolean wasDown = isDown;
    isDown = false;
    return wasDown;
  }

  /** Records an attempt without a sign of life. Returns whether the webhook is down from now on. */
  boolean silent(long eventId, long now) {
    if (row++ == 0) {
      rowSinceNanos = now;
    }
    if (events.size() < settings.downEvents()) {
      events.add(eventId);
    }
    if (isDown
        || !settings.downDetection()
        || row < settings.downAttempts()
        || events.size() < settings.downEvents()
        || now - rowSinceNanos < downAfterNanos) {
      return false;
    }
    isDown = true;
    nextProbeNanos = now;
    return true;
  }
}
