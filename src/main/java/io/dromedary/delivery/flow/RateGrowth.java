package io.dromedary.delivery.flow;

/**
 * How much more than a limit is tried, and how often: a little near what was refused before, twice
 * as much further up.
 *
 * <p>Not thread-safe.
 */
final class RateGrowth {

  private static final double FIRST_STEP = 0.1;
  private static final double LEAST_STEP = 0.03;

  /** Up to so many times the rate that was refused before is near it. */
  private static final double NEAR = 1.3;

  /** In phases, from one trial to the next. */
  private static final int LONGEST_PAUSE = 16;

  private double step = FIRST_STEP;
  private int pause = 1;
  private int passed;
  private double ceiling;

  /** A phase has passed. Returns whether more is to be tried. */
  boolean isDue() {
    return ++passed >= pause;
  }

  /** The rate that is tried. */
  double more(double rate) {
    passed = 0;
    return rate * (1 + step);
  }

  /** Whether a rate is so much more than another that they can be compared. */
  boolean isMore(double than, double rate) {
    return rate >= (1 + step / 2) * than;
  }

  boolean isNear(double rate) {
    return rate <= NEAR * ceiling;
  }

  /** Nothing is tried for a pause. */
  void hold() {
    passed = 0;
  }

  /** The rate was cut, at a limit or in general. */
  void cut(double limit) {
    step = FIRST_STEP;
    ceiling = limit;
  }

  /** No rate was ever refused for its own sake. */
  void forget() {
    expect(1);
    ceiling = 0;
  }

  /** That much more is tried next, and soon. */
  void expect(double more) {
    step = Math.max(FIRST_STEP, Math.min(1, more));
    pause = 1;
    passed = 0;
  }

  /** More was taken. Returns whether still more is to be tried at once. */
  boolean taken(double rate) {
    if (isNear(rate)) {
      // A burst may be taken for a while.
      pause = Math.max(2, pause / 2);
      return false;
    }
    step = Math.min(1, 2 * step);
    pause = 1;
    return true;
  }

  /**
   * More was refused.
   *
   * @param isByChance whether attempts fail by chance, too: a small step could not be told from it
   */
  void refused(double rate, boolean isByChance) {
    ceiling = rate;
    step = isByChance ? FIRST_STEP : Math.max(LEAST_STEP, Math.min(FIRST_STEP, step / 2));
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
    passed = 0;
  }
}
