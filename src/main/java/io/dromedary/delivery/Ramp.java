package io.dromedary.delivery;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many rounds a destination may have in flight. After an outage that is one, and one more with
 * each event that is accepted: so it doubles every round trip, and a backlog does not hammer a
 * receiver that has just come back.
 *
 * <p>Thread-safe, without locks. The limit says it all: 0 is paused, {@code most} is undisturbed,
 * and in between it ramps up.
 */
final class Ramp {

  private final int most;
  private final AtomicInteger limit;

  /** Starts undisturbed. */
  Ramp(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most is " + most + ", expected at least 1");
    }
    this.most = most;
    this.limit = new AtomicInteger(most);
  }

  /** How many rounds may be in flight at the moment, 0 to {@code most}. */
  int limit() {
    return limit.get();
  }

  /** No webhook can take events: nothing is sent until {@link #probe()}. */
  void pause() {
    limit.set(0);
  }

  /** A webhook may be tried again, with one round. */
  void probe() {
    limit.set(1);
  }

  /** An event was accepted. One that was on the way before a pause does not end it. */
  void accepted() {
    // Undisturbed, as nearly always, this is all: many threads write nothing that they share.
    if (isRamping(limit.get())) {
      limit.updateAndGet(now -> isRamping(now) ? now + 1 : now);
    }
  }

  /** An event was not accepted. Undisturbed that changes nothing: to stop is up to the breakers. */
  void failed() {
    if (isRamping(limit.get())) {
      limit.updateAndGet(now -> isRamping(now) ? Math.max(1, now / 2) : now);
    }
  }

  private boolean isRamping(int now) {
    return now > 0 && now < most;
  }
}
