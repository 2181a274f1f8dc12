package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * A time in which attempts are sent at one rate: how many began in it, how many of them failed, and
 * how many only wanted to begin.
 *
 * <p>Not thread-safe.
 */
final class Phase {

  /** In less time nothing is known of the rate. */
  private static final long SHORTEST_NANOS = Duration.ofMillis(2).toNanos();

  /** So many failures, or that share of a second's acceptances, need no whole phase. */
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
   * An attempt begins.
   *
   * @param isTelling whether what comes of it says something about the load
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

  /** Whether the attempt began in this phase, and tells something. */
  boolean has(Permit permit) {
    return permit.phase == this && permit.isTelling;
  }

  /** An attempt of this phase has failed. */
  void fails(boolean isThrottled) {
    failed++;
    throttled += isThrottled ? 1 : 0;
  }

  /** An attempt was held back by the pace. */
  void holds() {
    held++;
  }

  boolean isPaced() {
    return held > 0;
  }

  long nanos(long now) {
    return now - sinceNanos;
  }

  /** Attempts a second. */
  double rate(long now) {
    return sent * 1e9 / Math.max(SHORTEST_NANOS, nanos(now));
  }

  /** Of how many attempts something is known or will be. */
  int size() {
    return telling;
  }

  int failed() {
    return failed;
  }

  /** Whether most of what failed was answered with 429, which is about the rate. */
  boolean isThrottled() {
    return throttled * 2 > failed;
  }

  /** What got through, or may still. */
  double share() {
    return (double) (telling - failed) / telling;
  }

  /** Whether so few get through that it is no chance, of what usually does. */
  boolean isBad(double usual) {
    return share() < BAD * usual;
  }

  /** Whether so many have failed, beside the last second's acceptances, that it is not waited. */
  boolean isSevere(int accepted) {
    return failed >= Math.max(FEWEST_SEVERE, SEVERE_SHARE * accepted);
  }
}
