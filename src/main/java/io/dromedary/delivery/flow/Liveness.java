package io.dromedary.delivery.flow;

import java.util.HashSet;
import java.util.Set;

/**
 * Whether a webhook is down: nothing has shown that it lives for a number of attempts in a row, a
 * time, and several different events. One sign of life ends that. While it is down, one attempt at
 * each interval is let through as a probe, the first at once.
 *
 * <p>Not thread-safe.
 */
final class Liveness {

  private final FlowSettings settings;
  private final long downAfterNanos;
  private final long probeNanos;

  /** Attempts in a row that showed no life, the end of the first, and which events they were. */
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

  /** While it is down, how long until the next probe; at least 0. */
  long nanosUntilProbe(long now) {
    return Math.max(0, nextProbeNanos - now);
  }

  void probes(long now) {
    nextProbeNanos = now + probeNanos;
  }

  /** The probe was not sent, or somebody does not want to wait: another may go out now. */
  void probeCancelled(long now) {
    nextProbeNanos = now;
  }

  /** An attempt has shown that it lives. Returns whether it was down until now. */
  boolean alive() {
    row = 0;
    if (!events.isEmpty()) {
      events.clear();
    }
    boolean wasDown = isDown;
    isDown = false;
    return wasDown;
  }

  /** An attempt has shown no life. Returns whether the webhook is down from now on. */
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
