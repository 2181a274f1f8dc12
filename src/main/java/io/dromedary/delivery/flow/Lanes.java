package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * Tracks the attempts in flight in two lanes, one for fresh events and one for retries, and counts
 * attempts that hang separately. While fresh events wait, retries take at most a quarter of the
 * limit. Attempts may hang up to a maximum. Beyond half of it, new ones begin only at the rate at
 * which hanging attempts time out, so that they do not all come to hang at once.
 *
 * <p>Not thread-safe.
 */
final class Lanes {

  /** How long after a fresh event was held back or sent more of them are expected. */
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int RETRY_SHARE = 4;

  /** An attempt hangs after this time if it also takes many times as long as others. */
  private static final long HANGING_NANOS = Duration.ofMillis(250).toNanos();

  private static final int HANGING_TIMES = 8;

  /** The maximum of hanging attempts, as a multiple of the maximum in flight. */
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

  /** Records that a fresh event was held back. */
  void freshWaits(long now) {
    freshWaitedNanos = now;
  }

  void answered(Permit permit, long now) {
    long took = now - permit.startNanos;
    latencyNanos = latencyNanos == 0 ? took : latencyNanos + (took - latencyNanos) / 16;
    answeredNanos = now;
  }

  /** Returns the average duration of answered attempts; 0 if there was none. */
  double latencyNanos() {
    return latencyNanos;
  }

  /**
   * Returns whether the attempt says something about the webhook. Retries are of events that failed
   * before, so they do not count while fresh events are sent.
   */
  boolean isTelling(Permit permit, long now) {
    return !permit.isRetry || now - freshSentNanos >= FRESH_NANOS;
  }

  /**
   * Returns whether the attempt took long while others were answered, which is the event's fault.
   */
  boolean hasHung(Permit permit, long now) {
    return permit.isHanging || (now - permit.startNanos >= hangingNanos() && isAnswering(now));
  }

  private long hangingNanos() {
    return Math.max(HANGING_NANOS, (long) (HANGING_TIMES * latencyNanos));
  }

  /** Returns whether anything is answered at all. If not, no attempt hangs more than the others. */
  private boolean isAnswering(long now) {
    return now - answeredNanos < hangingNanos();
  }

  /** Marks attempts that have come to hang. */
  void look(long now) {
    if (isAnswering(now)) {
      long instant = now - hangingNanos();
      for (int i = fresh.hangBefore(instant) + retries.hangBefore(instant); i > 0; i--) {
        hangings.take(now);
      }
    }
  }

  /** Returns the number of attempts in flight, without those that hang. */
  int counted() {
    return fresh.counted() + retries.counted();
  }

  int hanging() {
    return fresh.hanging() + retries.hanging();
  }

  /** Returns whether one more attempt may begin under this limit. */
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
   * Returns the time until there may be room without an attempt ending; {@link Long#MAX_VALUE} if
   * an attempt has to end first.
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
