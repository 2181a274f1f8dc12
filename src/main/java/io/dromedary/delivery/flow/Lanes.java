package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * What is in flight: fresh events and retries, each in a lane of its own, and those that hang
 * beside them. While fresh events wait, retries take at most a quarter. As many attempts as hang at
 * a time may, at the rate at which they end, so that they never come to hang all at once.
 *
 * <p>Not thread-safe.
 */
final class Lanes {

  /** For so long after a fresh event was held back, or sent, there are more of them. */
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int RETRY_SHARE = 4;

  /** Beyond this time an attempt hangs, if it also takes many times as long as others. */
  private static final long HANGING_NANOS = Duration.ofMillis(250).toNanos();

  private static final int HANGING_TIMES = 8;

  /** That many times what may be in flight may hang beside it. */
  private static final int HANGING_SHARE = 2;

  private final int mostHanging;
  private final InFlight fresh;
  private final InFlight retries;
  private final Pacer hangings = new Pacer();
  private long freshWaitedNanos;
  private long freshSentNanos;
  private double latencyNanos;
  private long answeredNanos;

  Lanes(FlowSettings settings, long now) {
    this.mostHanging = HANGING_SHARE * settings.mostInFlight();
    this.fresh = new InFlight(mostHanging - mostHanging / RETRY_SHARE);
    this.retries = new InFlight(mostHanging / RETRY_SHARE);
    this.freshWaitedNanos = now - FRESH_NANOS;
    this.freshSentNanos = now - FRESH_NANOS;
    this.answeredNanos = now - HANGING_NANOS;
    hangings.setRate(mostHanging * 1e9 / settings.timeout().toNanos(), now);
  }

  void add(Permit permit, long now) {
    if (!permit.isRetry) {
      freshSentNanos = now;
    }
    lane(permit).add(permit);
  }

  void remove(Permit permit) {
    lane(permit).remove(permit);
  }

  private InFlight lane(Permit permit) {
    return permit.isRetry ? retries : fresh;
  }

  /** A fresh event was held back. */
  void freshWaits(long now) {
    freshWaitedNanos = now;
  }

  void answered(Permit permit, long now) {
    long took = now - permit.startNanos;
    latencyNanos = latencyNanos == 0 ? took : latencyNanos + (took - latencyNanos) / 16;
    answeredNanos = now;
  }

  /** What attempts that are answered take, on average; 0 if there was none. */
  double latencyNanos() {
    return latencyNanos;
  }

  /** Retries are events that failed before: they say little while there are others. */
  boolean isTelling(Permit permit, long now) {
    return !permit.isRetry || now - freshSentNanos >= FRESH_NANOS;
  }

  /** Whether others were answered while it went on for long: that is about the event. */
  boolean hasHung(Permit permit, long now) {
    return permit.isHanging || (now - permit.startNanos >= hangingNanos() && isAnswering(now));
  }

  private long hangingNanos() {
    return Math.max(HANGING_NANOS, (long) (HANGING_TIMES * latencyNanos));
  }

  /** Whether anything is answered at all; else nothing hangs more than the others. */
  private boolean isAnswering(long now) {
    return now - answeredNanos < hangingNanos();
  }

  /** Counts those apart that have come to hang. */
  void look(long now) {
    if (isAnswering(now)) {
      long instant = now - hangingNanos();
      for (int i = fresh.hangBefore(instant) + retries.hangBefore(instant); i > 0; i--) {
        hangings.take(now);
      }
    }
  }

  /** Attempts in flight without those that hang. */
  int counted() {
    return fresh.counted() + retries.counted();
  }

  int hanging() {
    return fresh.hanging() + retries.hanging();
  }

  /** Whether one more may begin where so many may be in flight. */
  boolean hasRoom(boolean isRetry, int limit, long now) {
    return counted() < limit
        && (!isRetry || hasShare(limit, now))
        && (!isNearlyFull() || hangings.hasToken(now));
  }

  private boolean hasShare(int limit, long now) {
    return retries.counted() < Math.max(1, limit / RETRY_SHARE)
        || (now - freshWaitedNanos >= FRESH_NANOS && !retries.isFull());
  }

  private boolean isNearlyFull() {
    return hanging() > mostHanging / 2;
  }

  /**
   * How long until time alone may make room; {@link Long#MAX_VALUE} if only the end of an attempt
   * can.
   */
  long nanosUntilRoom(boolean isRetry, int limit, long now) {
    long wait = isNearlyFull() ? hangings.nanosUntilToken(now) : 0;
    if (isRetry && counted() < limit && !hasShare(limit, now)) {
      long shared = freshWaitedNanos + FRESH_NANOS - now;
      return shared <= 0 ? Long.MAX_VALUE : Math.max(wait, shared);
    }
    if (counted() < limit) {
      return wait;
    }
    if (!isAnswering(now)) {
      return Long.MAX_VALUE;
    }
    long instant = now - hangingNanos();
    return Math.max(
        wait, Math.min(fresh.nanosUntilOldest(instant), retries.nanosUntilOldest(instant)));
  }
}
