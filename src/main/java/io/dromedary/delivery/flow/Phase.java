package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * A period in which attempts are sent at one rate. Counts the attempts that began in it, those of
 * them that failed, and those that the rate held back.
 *
 * <p>Not thread-safe.
 */
final class Phase {

  /** In less time the rate cannot be measured. */
  private static final long SHORTEST_NANOS = Duration.ofMillis(2).toNanos();

  /**
   * So many failures, or this share of the acceptances of a second, are judged before the phase is
   * over.
   */
  private static final int FEWEST_SEVERE = 16;

  private static final double SEVERE_SHARE = 0.25;
  private static final double BAD = 0.5;

  private final long sinceNanos;
  private int sent;
  private int telling;
  private int failed;
  private int throttled;
  private int held;

  Phase(long now) {
    this.sinceNanos = now;
  }

  /**
   * Records the start of an attempt.
   *
   * @param isTelling whether its outcome says something about the load
   */
  void begins(Permit permit, boolean isTelling) {
    sent++;
    permit.phase = this;
    permit.isTelling = isTelling;
    telling += isTelling ? 1 : 0;
  }

  void cancelled(Permit permit) {
    if (permit.phase == this) {
      sent--;
      telling -= permit.isTelling ? 1 : 0;
    }
  }

  /** Returns whether the attempt began in this phase and says something about the load. */
  boolean has(Permit permit) {
    return permit.phase == this && permit.isTelling;
  }

  /** Records that an attempt of this phase failed. */
  void fails(boolean isThrottled) {
    failed++;
    throttled += isThrottled ? 1 : 0;
  }

  /** Records that the rate held an attempt back. */
  void holds() {
    held++;
  }

  boolean isPaced() {
    return held > 0;
  }

  long nanos(long now) {
    return now - sinceNanos;
  }

  /** Returns the attempts per second. */
  double rate(long now) {
    return sent * 1e9 / Math.max(SHORTEST_NANOS, nanos(now));
  }

  /** Returns the number of attempts that say something about the load, finished or not. */
  int size() {
    return telling;
  }

  int failed() {
    return failed;
  }

  /** Returns whether most failures were 429s, which are about the rate. */
  boolean isThrottled() {
    return throttled * 2 > failed;
  }

  /** Returns the share of attempts that got through or still may. */
  double share() {
    return (double) (telling - failed) / telling;
  }

  /** Returns whether the share is so far below the usual one that it cannot be chance. */
  boolean isBad(double usual) {
    return share() < BAD * usual;
  }

  /**
   * Returns whether so many attempts failed, compared with the acceptances of the last second, that
   * the phase is judged at once.
   */
  boolean isSevere(int accepted) {
    return failed >= Math.max(FEWEST_SEVERE, SEVERE_SHARE * accepted);
  }
}
