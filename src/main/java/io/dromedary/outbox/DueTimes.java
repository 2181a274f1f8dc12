package io.dromedary.outbox;

import java.util.concurrent.atomic.AtomicLong;

/**
 * When the next events of a destination are due in the store that nobody has claimed, as far as is
 * known: it may be too early, never too late. Thread-safe.
 */
final class DueTimes {

  private final AtomicLong freshMillis = new AtomicLong(Long.MIN_VALUE);
  private final AtomicLong retryMillis = new AtomicLong(Long.MIN_VALUE);

  private AtomicLong of(Lane lane) {
    return lane == Lane.FRESH ? freshMillis : retryMillis;
  }

  /** Something may be due, whatever the clock says. */
  void now() {
    for (Lane lane : Lane.values()) {
      of(lane).set(Long.MIN_VALUE);
    }
  }

  /** Something is due at an instant. */
  void at(Lane lane, long millis) {
    of(lane).accumulateAndGet(millis, Math::min);
  }

  /** Nothing is known to be due until somebody says so. */
  void unknown(Lane lane) {
    of(lane).set(Long.MAX_VALUE);
  }

  boolean isDue(Lane lane, long nowMillis) {
    return nowMillis >= of(lane).get();
  }

  /** Whether more may be due than could be claimed. */
  boolean isBacklog(Lane lane) {
    return of(lane).get() == Long.MIN_VALUE;
  }

  /** The first instant at which something is due. */
  long nextMillis() {
    return Math.min(freshMillis.get(), retryMillis.get());
  }
}
