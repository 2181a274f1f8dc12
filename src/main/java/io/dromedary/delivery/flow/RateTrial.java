package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * Cuts of a rate, one after the other, until they help or have proved vain.
 *
 * <p>Not thread-safe.
 */
final class RateTrial {

  /** What a cut has come to. */
  enum Verdict {
    OPEN,
    /** The load was the cause. */
    HELPED,
    /** Not, or not enough. */
    CUT_MORE,
    /** The failures have nothing to do with the load. */
    VAIN
  }

  /** Receivers count by the second: what is known of less may have been a burst. */
  private static final long FAIR_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int FEWEST = 20;

  /** Cuts within that time belong together. */
  private static final long CHAIN_NANOS = Duration.ofSeconds(15).toNanos();

  private static final double BELOW = 0.97;

  /** What is left of the rate after a further cut, so that there is something to compare. */
  private static final double CUT = 0.7;

  /** What is left of the rate at least: the last attempts say little of the next. */
  private static final double LEAST_CUT = 0.5;

  private static final double LEAST_QUICK_CUT = 0.25;

  /** A quick cut leaves enough to judge in a second. */
  private static final double LEAST_TO_JUDGE = 50;

  /** Less than that of what got through before a cut is still less. */
  private static final double WORSE = 0.8;

  private static final int MOST_VAIN = 2;
  private static final int MOST_VAIN_THROTTLED = 3;

  private double rateBefore;
  private double cutShare;
  private double cutRate;
  private boolean isFair;
  private int vain;
  private long cutNanos;

  RateTrial(long now) {
    end(now);
  }

  /** Whether there was a cut lately whose cause is not known for sure. */
  boolean isRecent(long now) {
    return now - cutNanos < CHAIN_NANOS;
  }

  /** The cause is known. */
  void end(long now) {
    cutNanos = now - CHAIN_NANOS;
  }

  /** The rate before the first cut. */
  double rateBefore() {
    return rateBefore;
  }

  /** The rate that was sent at before the last one. */
  double cutRate() {
    return cutRate;
  }

  /** Begins a chain of cuts. */
  void begin(double rate, Phase phase, long now) {
    rateBefore = rate;
    // Where so much fails so soon a burst is over.
    vain = phase.nanos(now) >= FAIR_NANOS ? 0 : 1;
  }

  /**
   * Returns the rate that is tried next.
   *
   * @param isFurther whether it was cut before
   * @param accepted how many attempts were accepted in the last second
   */
  double cut(Phase phase, double usual, boolean isFurther, int accepted, long now) {
    cutShare = phase.share();
    cutRate = phase.rate(now);
    cutNanos = now;
    isFair = phase.nanos(now) >= FAIR_NANOS;
    double takes = Math.min(1, cutShare / usual);
    if (!isFair) {
      // The receiver has just taken that many: it is not to get less by failures of a moment.
      return Math.max(
          Math.max(LEAST_TO_JUDGE, accepted * BELOW),
          cutRate * Math.max(LEAST_QUICK_CUT, takes * BELOW));
    }
    double left = isFurther && !phase.isThrottled() ? Math.min(CUT, takes) : takes * BELOW;
    return Math.max(1, cutRate * Math.max(LEAST_CUT, left));
  }

  /** Whether so much fails after a cut that it need not be awaited what it comes to. */
  boolean isWorse(Phase phase, double rate) {
    return (!isFair && rate > 2 * LEAST_TO_JUDGE) || phase.share() < WORSE * cutShare;
  }

  /**
   * Compares what gets through now with what did before the cut.
   *
   * @param isLow whether the rate is too low to tell more
   * @param isMissed whether less than usual gets through
   */
  Verdict judge(Phase phase, UsualShare usual, boolean isLow, boolean isMissed, long now) {
    double helped = Math.min(usual.get(), cutShare * cutRate / phase.rate(now));
    double middle = (cutShare + helped) / 2;
    if (isFair) {
      long longest = phase.size() < 2 * FEWEST ? LONGEST_NANOS : 2 * FAIR_NANOS;
      if (UsualShare.isClose(phase, middle, usual) && phase.nanos(now) < longest) {
        return Verdict.OPEN;
      }
      vain = phase.share() < middle ? vain + 1 : 0;
    }
    int most = phase.isThrottled() ? MOST_VAIN_THROTTLED : isLow ? 1 : MOST_VAIN;
    if (vain >= most) {
      return Verdict.VAIN;
    }
    return vain > 0 || isMissed ? Verdict.CUT_MORE : Verdict.HELPED;
  }
}
