package io.dromedary.delivery.flow;

/**
 * What share of the attempts gets through where the load does not matter. It is learned from a
 * comparison of two rates, never from an average over time, which would learn an overload as
 * normal.
 *
 * <p>Not thread-safe.
 */
final class UsualShare {

  /** A share that far from another is not chance, in standard deviations. */
  private static final double UNLIKELY = 3;

  private static final double LEAST_VARIANCE = 0.01;

  private double share = 1;

  /** Of how many attempts that is known. */
  private int size = Integer.MAX_VALUE;

  double get() {
    return share;
  }

  void learn(Phase phase) {
    share = phase.share();
    size = phase.size();
  }

  /** More got through than usual: that is never by more load. */
  void improve(Phase phase) {
    if (phase.share() > share + UNLIKELY * deviation(share, phase)) {
      learn(phase);
    }
  }

  /** Makes a share that is known of a few attempts only more exact, if that is as likely. */
  void refine(Phase phase) {
    if (size < phase.size() && phase.share() > share - UNLIKELY * deviation(share, phase)) {
      share = (share * size + phase.share() * phase.size()) / (size + phase.size());
      size += phase.size();
    }
  }

  /** Whether clearly less got through than a part of what usually does. */
  boolean isMissed(Phase phase, double part) {
    return phase.share() < part * share
        && phase.share() < share - UNLIKELY * deviation(share, phase);
  }

  /** Whether it is by chance, perhaps, on which side of another share that of the phase is. */
  static boolean isClose(Phase phase, double other, UsualShare usual) {
    return Math.abs(phase.share() - other) < 2 * usual.deviation(other, phase);
  }

  private double deviation(double of, Phase phase) {
    return Math.sqrt(Math.max(of * (1 - of), LEAST_VARIANCE) * (1.0 / phase.size() + 1.0 / size));
  }
}
