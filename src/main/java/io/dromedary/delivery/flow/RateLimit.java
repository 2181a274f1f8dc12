package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * How many attempts a second a receiver takes. Without a limit nothing is paced. When clearly less
 * of what is sent gets through than usual, the rate is cut. If that helps, the load was the cause:
 * the rate is held, and now and then a little more is tried, then the double, while that gets
 * through as well. If it does not help, the failures have nothing to do with the load: the rate is
 * what it was, and that share of failures counts as usual from then on.
 *
 * <p>At a few attempts a second nothing is judged.
 *
 * <p>Not thread-safe.
 */
final class RateLimit {

  private enum Mode {
    FREE,
    /** The rate was cut: does that help? */
    TRIAL,
    HOLD,
    /** A little more than the limit is tried. */
    MORE,
    /** After an outage: the rate is doubled in short steps. */
    RECOVER
  }

  private static final double FREE_RATE = Double.POSITIVE_INFINITY;
  private static final double RECOVER_RATE = 20;
  private static final long RECOVER_NANOS = Duration.ofMillis(200).toNanos();
  private static final int FEWEST_TO_END_RECOVERY = 6;

  /** What has to get through of what usually does for the rate to be doubled. */
  private static final double RECOVERING = 0.75;

  /** Receivers count by the second. */
  private static final long PHASE_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long LONGEST_PHASE_NANOS = Duration.ofSeconds(5).toNanos();

  /** Of what is in flight when a phase is judged nothing is known: it must not be much. */
  private static final int LATENCIES = 4;

  private static final int FEWEST = 20;

  /** Less than that of what usually gets through is too little. */
  private static final double ENOUGH = 0.93;

  /** The same where it is known that the load matters. */
  private static final double ENOUGH_AT_LIMIT = 0.97;

  private static final double BELOW = 0.97;

  /** What is left of a rate after a drought at least. */
  private static final double LEAST_LEFT = 0.5;

  /** Below that rate failures are not taken for a matter of the load, unless they are 429s. */
  private static final double LEAST_RATE = 20;

  private final Pacer pacer = new Pacer();
  private final UsualShare usual = new UsualShare();
  private Phase phase;
  private final RateTrial trial;
  private final RateGrowth growth = new RateGrowth();
  private final Recent accepted = new Recent();
  private Mode mode = Mode.FREE;

  /** The limit; while more is tried it is what was held before. */
  private double rate = FREE_RATE;

  private boolean isLimited;

  /** Phases in a row in which something else than the pace was the bound. */
  private int unbound;

  /** What was tried in the phase before may still have an effect. */
  private boolean isSettling;

  RateLimit(long now) {
    this.phase = new Phase(now);
    this.trial = new RateTrial(now);
  }

  Pacer pacer() {
    return pacer;
  }

  /** The attempts of the present phase. */
  Phase phase() {
    return phase;
  }

  /** What share of the attempts gets through where the load does not matter. */
  double usual() {
    return usual.get();
  }

  /** Whether a rate is held; not while one is only tried. */
  boolean isLimited() {
    return isLimited;
  }

  /** The receiver has come back from an outage. */
  void restart(long now) {
    unbound = 0;
    next(Mode.RECOVER, RECOVER_RATE, now);
  }

  /** A drought has ended, in which the receiver has shown what it takes. */
  void takes(double perSecond, boolean isThrottled, long now) {
    double most = Math.max(isThrottled ? 1 : LEAST_RATE, perSecond / usual.get());
    if (rate != FREE_RATE) {
      most = Math.max(most, rate * LEAST_LEFT);
    }
    if (mode == Mode.MORE) {
      refuseMore();
      next(Mode.HOLD, Math.max(most, rate), now);
    } else if (most < rate) {
      growth.hold();
      next(Mode.HOLD, most, now);
    }
  }

  /** What was sent in the phase until now says nothing: it begins anew. */
  void again(long now) {
    next(mode, pacer.ratePerSecond(), now);
  }

  /**
   * An attempt has ended that did not hang.
   *
   * @param isFull whether as many are in flight as may be
   * @param tookNanos what attempts usually take
   */
  void ended(Permit permit, Signal.Kind kind, boolean isFull, double tookNanos, long now) {
    if (kind.isAnswered()) {
      accepted.add(now);
    }
    if (!phase.has(permit)) {
      return;
    }
    if (!kind.isAnswered() && kind != Signal.Kind.TIMEOUT) {
      phase.fails(kind == Signal.Kind.THROTTLED);
    }
    if (mode == Mode.RECOVER) {
      recover(now);
    } else if (isCutAtOnce(now)) {
      cut(now);
    } else if (isOver(tookNanos, now)) {
      if (isSettling) {
        isSettling = false;
        again(now);
        return;
      }
      switch (mode) {
        case FREE, HOLD -> watch(now);
        case TRIAL -> tryLess(now);
        default -> tryMore(isFull, now);
      }
    }
  }

  private boolean isCutAtOnce(long now) {
    return phase.isSevere(accepted.count(now))
        && phase.isBad(usual.get())
        && isJudged(now)
        && (mode != Mode.TRIAL || trial.isWorse(phase, rate));
  }

  private boolean isOver(double tookNanos, long now) {
    long nanos = phase.nanos(now);
    return nanos >= Math.max((double) PHASE_NANOS, LATENCIES * tookNanos)
        && (phase.size() >= FEWEST || phase.failed() == 0 || nanos >= LONGEST_PHASE_NANOS);
  }

  private boolean isJudged(long now) {
    return phase.rate(now) >= LEAST_RATE || phase.isThrottled();
  }

  private boolean isMissed() {
    return usual.isMissed(phase, mode == Mode.FREE ? ENOUGH : ENOUGH_AT_LIMIT);
  }

  private void watch(long now) {
    if (phase.size() >= FEWEST && isMissed() && isJudged(now)) {
      cut(now);
      return;
    }
    usual.improve(phase);
    if (mode == Mode.FREE) {
      usual.refine(phase);
    }
    if (mode == Mode.HOLD && phase.isPaced() && growth.isDue()) {
      next(Mode.MORE, growth.more(rate), now);
    } else {
      again(now);
    }
  }

  private void cut(long now) {
    // A receiver that counts what it refuses goes on refusing for a while.
    isSettling = phase.isThrottled();
    boolean isFurther = mode == Mode.TRIAL || (mode == Mode.HOLD && trial.isRecent(now));
    if (!isFurther) {
      trial.begin(mode == Mode.RECOVER ? FREE_RATE : rate, phase, now);
    }
    boolean isAtLimit = mode == Mode.MORE || mode == Mode.HOLD;
    growth.cut(isAtLimit ? pacer.ratePerSecond() : 0);
    next(Mode.TRIAL, trial.cut(phase, usual.get(), isFurther, accepted.count(now), now), now);
  }

  private void tryLess(long now) {
    switch (trial.judge(phase, usual, rate < LEAST_RATE, isMissed(), now)) {
      case OPEN -> {}
      case CUT_MORE -> cut(now);
      case HELPED -> {
        growth.hold();
        if (usual.get() < ENOUGH_AT_LIMIT) {
          // It may have been chance: what was before the cut is tried next.
          growth.expect(trial.cutRate() / rate - 1);
        }
        next(Mode.HOLD, rate, now);
      }
      case VAIN -> {
        usual.learn(phase);
        trial.end(now);
        growth.forget();
        double before = trial.rateBefore();
        next(before == FREE_RATE ? Mode.FREE : Mode.HOLD, before, now);
      }
    }
  }

  private void tryMore(boolean isFull, long now) {
    double more = pacer.ratePerSecond();
    double sending = phase.rate(now);
    double share = phase.share();
    if (!phase.isPaced() || !growth.isMore(rate, sending)) {
      // Something else bounds it, and if that is the concurrency no rate is needed.
      if (isFull && share >= ENOUGH * usual.get() && !growth.isNear(more)) {
        next(Mode.FREE, FREE_RATE, now);
      } else if (phase.isPaced()) {
        next(Mode.HOLD, rate, now);
      } else {
        again(now);
      }
      return;
    }
    double middle = usual.get() * (1 + rate / sending) / 2;
    if (phase.failed() > 0
        && UsualShare.isClose(phase, middle, usual)
        && phase.nanos(now) < LONGEST_PHASE_NANOS) {
      return;
    }
    boolean isClean = usual.get() < ENOUGH_AT_LIMIT || share >= ENOUGH_AT_LIMIT * usual.get();
    boolean isTold = isJudged(now) || phase.isBad(usual.get());
    if (isTold && (share < middle || !isClean)) {
      refuseMore();
      double takes = share / usual.get() * sending * BELOW;
      next(Mode.HOLD, Math.max(rate, Math.min(more, takes)), now);
      return;
    }
    // As much of more got through: that is what does where the load does not matter.
    usual.refine(phase);
    trial.end(now);
    boolean goesOn = growth.taken(more);
    next(Mode.HOLD, more, now);
    if (goesOn) {
      next(Mode.MORE, growth.more(more), now);
    }
  }

  private void refuseMore() {
    growth.refused(pacer.ratePerSecond(), usual.get() < ENOUGH_AT_LIMIT);
    isSettling = true;
  }

  private void recover(long now) {
    if (phase.failed() >= FEWEST_TO_END_RECOVERY && phase.share() < RECOVERING * usual.get()) {
      cut(now);
    } else if (phase.nanos(now) >= RECOVER_NANOS && phase.size() >= 2) {
      unbound = phase.isPaced() ? 0 : unbound + 1;
      boolean isFree = unbound >= 2;
      next(isFree ? Mode.FREE : Mode.RECOVER, isFree ? FREE_RATE : rate * 2, now);
    }
  }

  private void next(Mode nextMode, double nextRate, long now) {
    mode = nextMode;
    isLimited = nextMode == Mode.TRIAL ? isLimited : nextMode != Mode.FREE;
    if (nextMode != Mode.MORE) {
      rate = nextRate;
    }
    pacer.setRate(nextRate, now);
    phase = new Phase(now);
  }
}
