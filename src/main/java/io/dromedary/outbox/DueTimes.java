package io.dromedary.outbox;

import io.dromedary.outbox.store.Lane;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Estimates when the next unclaimed events of a destination are due in the store. An estimate may
 * be too early, but never too late. Thread-safe.
 */
final class DueTimes {

  private final AtomicLong freshMillis = new AtomicLong(Long.MIN_VALUE);
  private final AtomicLong retryMillis = new AtomicLong(Long.MIN_VALUE);

  private AtomicLong of(Lane lane) {
    return lane == Lane.FRESH ? freshMillis : retryMillis;
  }

  /** Notes that events of both lanes may be due, whatever the clock says. */
  void now() {
    for (Lane lane : Lane.values()) {
      of(lane).set(Long.MIN_VALUE);
    }
  }

  /** Notes that an event is due at an instant. */
  void at(Lane lane, long millis) {
    of(lane).accumulateAndGet(millis, Math::min);
  }

  /** Notes that no event of the lane is known to be due, until another call says so. */
  void unknown(Lane lane) {
    of(lane).set(Long.MAX_VALUE);
  }

  boolean isDue(Lane lane, long nowMillis) {
    return nowMillis >= of(lane).get();
  }

  /** Whether more events may be due than could be claimed. */
  boolean isBacklog(Lane lane) {
    return of(lane).get() == Long.MIN_VALUE;
  }

  /** The first instant at which an event of either lane is due. */
  long nextMillis() {
    return Math.min(freshMillis.get(), retryMillis.get());
  }
}
