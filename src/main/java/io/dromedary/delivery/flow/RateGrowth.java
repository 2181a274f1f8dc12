package io.dromedary.delivery.flow;

/**
 * Decides how far above a limit to try, and how often: in small steps near the rate that was
 * refused last, in steps that double further up.
 *
 * <p>Not thread-safe.
 */
final class RateGrowth {

  private static final double FIRST_STEP = 0.1;
  private static final double LEAST_STEP = 0.03;

  /** Rates up to this multiple of the refused one are near it. */
  private static final double NEAR = 1.3;

  /** The longest time from one trial to the next, in phases. */
  private static final int LONGEST_PAUSE = 16;

  private double step = FIRST_STEP;
  private int pause = 1;
  private int passed;
  private double ceiling;

  /** Records the end of a phase. Returns whether a higher rate should be tried. */
  boolean isDue() {
    return ++passed >= pause;
  }

  /** Returns the rate to try. */
  double more(double rate) {
    passed = 0;
    return rate * (1 + step);
  }

  /** Returns whether {@code rate} is high enough above {@code than} for the two to be compared. */
  boolean isMore(double than, double rate) {
    return rate >= (1 + step / 2) * than;
  }

  boolean isNear(double rate) {
    return rate <= NEAR * ceiling;
  }

  /** Postpones the next trial by a full pause. */
  void hold() {
    passed = 0;
  }

  /** Records that the rate was cut from {@code limit}, which was too high; 0 if there was none. */
  void cut(double limit) {
    step = FIRST_STEP;
    ceiling = limit;
  }

  /** Forgets the refused rate: the load was never the cause. */
  void forget() {
    expect(1);
    ceiling = 0;
  }

  /** Makes a step of this size the next trial, and makes it due soon. */
  void expect(double more) {
    step = Math.max(FIRST_STEP, Math.min(1, more));
    pause = 1;
    passed = 0;
  }

  /** Records that a higher rate was taken. Returns whether to try a still higher one at once. */
  boolean taken(double rate) {
    if (isNear(rate)) {
      // A receiver may take a burst for a while.
      pause = Math.max(2, pause / 2);
      return false;
    }
    step = Math.min(1, 2 * step);
    pause = 1;
    return true;
  }

  /**
   * Records that a higher rate was refused.
   *
   * @param isByChance whether attempts also fail by chance, which would hide the effect of a small
   *     step
   */
  void refused(double rate, boolean isByChance) {
    ceiling = rate;
    step = isByChance ? FIRST_STEP : Math.max(LEAST_STEP, Math.min(FIRST_STEP, step / 2));
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
    passed = 0;
  }
}
