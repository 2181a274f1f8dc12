package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * A series of cuts of a rate, until one helps or the cuts have proved vain.
 *
 * <p>Not thread-safe.
 */
final class RateTrial {

  /** The result of a cut. */
  enum Verdict {
    OPEN,
    /** The load was the cause of the failures. */
    HELPED,
    /** The cut did not help, or not enough. */
    CUT_MORE,
    /** The failures have nothing to do with the load. */
    VAIN
  }

  /** Receivers count by the second: a shorter period may have been a burst. */
  private static final long FAIR_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int FEWEST = 20;

  /** Cuts within this time belong to one series. */
  private static final long CHAIN_NANOS = Duration.ofSeconds(15).toNanos();

  private static final double BELOW = 0.97;

  /**
   * The part of the rate that a further cut keeps, at most, so that there is a difference to
   * compare.
   */
  private static final double CUT = 0.7;

  /**
   * The part of the rate that a cut keeps, at least: the last attempts say little of the next ones.
   */
  private static final double LEAST_CUT = 0.5;

  private static final double LEAST_QUICK_CUT = 0.25;

  /** The rate that a quick cut keeps, at least: enough attempts to judge in a second. */
  private static final double LEAST_TO_JUDGE = 50;

  /** Below this part of the share before the cut, things got worse. */
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

  /** Returns whether there was a recent cut whose effect is not yet certain. */
  boolean isRecent(long now) {
    return now - cutNanos < CHAIN_NANOS;
  }

  /** Ends the series, because the cause is known. */
  void end(long now) {
    cutNanos = now - CHAIN_NANOS;
  }

  /** Returns the rate before the first cut. */
  double rateBefore() {
    return rateBefore;
  }

  /** Returns the rate of the attempts sent before the last cut. */
  double cutRate() {
    return cutRate;
  }

  /** Begins a series of cuts. */
  void begin(double rate, Phase phase, long now) {
    rateBefore = rate;
    // A burst is over when so much fails so soon.
    vain = phase.nanos(now) >= FAIR_NANOS ? 0 : 1;
  }

  /**
   * Returns the rate to try next.
   *
   * @param isFurther whether the rate was cut before in this series
   * @param accepted the number of attempts accepted in the last second
   */
  double cut(Phase phase, double usual, boolean isFurther, int accepted, long now) {
    cutShare = phase.share();
    cutRate = phase.rate(now);
    cutNanos = now;
    isFair = phase.nanos(now) >= FAIR_NANOS;
    double takes = Math.min(1, cutShare / usual);
    if (!isFair) {
      // The receiver has just taken that many; failures of a moment must not lower the rate
      // further.
      return Math.max(
          Math.max(LEAST_TO_JUDGE, accepted * BELOW),
          cutRate * Math.max(LEAST_QUICK_CUT, takes * BELOW));
    }
    double left = isFurther && !phase.isThrottled() ? Math.min(CUT, takes) : takes * BELOW;
    return Math.max(1, cutRate * Math.max(LEAST_CUT, left));
  }

  /**
   * Returns whether so much fails after a cut that the rate is cut again without further waiting.
   */
  boolean isWorse(Phase phase, double rate) {
    return (!isFair && rate > 2 * LEAST_TO_JUDGE) || phase.share() < WORSE * cutShare;
  }

  /**
   * Compares the share that gets through now with the share before the cut.
   *
   * @param isLow whether the rate is too low to tell more
   * @param isMissed whether less than the usual share gets through
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
