package io.dromedary.delivery.flow;

/**
 * Estimates the share of attempts that gets through regardless of the load. The estimate is made by
 * comparing two rates. An average over time would take an overload for normal.
 *
 * <p>Not thread-safe.
 */
final class UsualShare {

  /** A difference between two shares of so many standard deviations is not chance. */
  private static final double UNLIKELY = 3;

  private static final double LEAST_VARIANCE = 0.01;

  private double share = 1;

  /** The number of attempts that the share was measured with. */
  private int size = Integer.MAX_VALUE;

  double get() {
    return share;
  }

  void learn(Phase phase) {
    share = phase.share();
    size = phase.size();
  }

  /** Raises the share if clearly more than usual got through: more load never causes that. */
  void improve(Phase phase) {
    if (phase.share() > share + UNLIKELY * deviation(share, phase)) {
      learn(phase);
    }
  }

  /** Makes a share measured with few attempts more precise, if the phase does not contradict it. */
  void refine(Phase phase) {
    if (size < phase.size() && phase.share() > share - UNLIKELY * deviation(share, phase)) {
      share = (share * size + phase.share() * phase.size()) / (size + phase.size());
      size += phase.size();
    }
  }

  /** Returns whether clearly less got through than the given part of the usual share. */
  boolean isMissed(Phase phase, double part) {
    return phase.share() < part * share
        && phase.share() < share - UNLIKELY * deviation(share, phase);
  }

  /** Returns whether the difference between the share of the phase and another may be noise. */
  static boolean isClose(Phase phase, double other, UsualShare usual) {
    return Math.abs(phase.share() - other) < 2 * usual.deviation(other, phase);
  }

  private double deviation(double of, Phase phase) {
    return Math.sqrt(Math.max(of * (1 - of), LEAST_VARIANCE) * (1.0 / phase.size() + 1.0 / size));
  }
}
