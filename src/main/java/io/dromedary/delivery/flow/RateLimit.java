package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * Finds the rate limit of a receiver, in attempts per second. Without a limit nothing is paced.
 * When clearly less than the usual share of attempts gets through, the rate is cut. If that helps,
 * the load was the cause: the rate is held, and from time to time a slightly higher one is tried,
 * then twice the step, as long as that gets through as well. If it does not help, the failures have
 * nothing to do with the load: the earlier rate is restored, and that share of failures counts as
 * usual from then on.
 *
 * <p>At a few attempts per second nothing is judged.
 *
 * <p>Not thread-safe.
 */
final class RateLimit {

  private enum Mode {
    FREE,
    /** The rate was cut to see whether that helps. */
    TRIAL,
    HOLD,
    /** A rate slightly above the limit is tried. */
    MORE,
    /** The receiver was down, and the rate is doubled in short steps. */
    RECOVER
  }

  private static final double FREE_RATE = Double.POSITIVE_INFINITY;
  private static final double RECOVER_RATE = 20;
  private static final long RECOVER_NANOS = Duration.ofMillis(200).toNanos();
  private static final int FEWEST_TO_END_RECOVERY = 6;

  /** The part of the usual share that must get through for the rate to be doubled. */
  private static final double RECOVERING = 0.75;

  /** Receivers count by the second. */
  private static final long PHASE_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long LONGEST_PHASE_NANOS = Duration.ofSeconds(5).toNanos();

  /**
   * The outcome of attempts in flight at a judgement is unknown, so a phase lasts several
   * latencies.
   */
  private static final int LATENCIES = 4;

  private static final int FEWEST = 20;

  /** Below this part of the usual share, too little gets through. */
  private static final double ENOUGH = 0.93;

  /** The same part for a receiver that is known to depend on the load. */
  private static final double ENOUGH_AT_LIMIT = 0.97;

  private static final double BELOW = 0.97;

  /** The part of a rate that is kept after a drought, at least. */
  private static final double LEAST_LEFT = 0.5;

  /** At a lower rate, failures other than 429s are not attributed to the load. */
  private static final double LEAST_RATE = 20;

  private final Pacer pacer = new Pacer();
  private final UsualShare usual = new UsualShare();
  private Phase phase;
  private final RateTrial trial;
  private final RateGrowth growth = new RateGrowth();
  private final Recent accepted = new Recent();
  private Mode mode = Mode.FREE;

  /** The limit. While a higher rate is tried, the rate that was held before. */
  private double rate = FREE_RATE;

  private boolean isLimited;

  /** The number of consecutive phases in which the rate held no attempt back. */
  private int unbound;

  /** Whether the rate tried in the previous phase may still have an effect. */
  private boolean isSettling;

  RateLimit(long now) {
    this.phase = new Phase(now);
    this.trial = new RateTrial(now);
  }

  Pacer pacer() {
    return pacer;
  }

  /** Returns the attempts of the present phase. */
  Phase phase() {
    return phase;
  }

  /** Returns the share of attempts that gets through regardless of the load. */
  double usual() {
    return usual.get();
  }

  /** Returns whether a rate limit is in force. A rate that is only tried does not count. */
  boolean isLimited() {
    return isLimited;
  }

  /** Restarts slowly after an outage of the receiver. */
  void restart(long now) {
    unbound = 0;
    next(Mode.RECOVER, RECOVER_RATE, now);
  }

  /** Sets the limit to the rate that the receiver took in a drought that has ended. */
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

  /** Begins the phase anew, because its attempts so far say nothing. */
  void again(long now) {
    next(mode, pacer.ratePerSecond(), now);
  }

  /**
   * Records the end of an attempt that did not hang.
   *
   * @param isFull whether the concurrency limit is reached
   * @param tookNanos the usual duration of an attempt
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
    // A receiver that counts the requests it refuses goes on refusing for a while.
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
          // It may have been chance: the rate before the cut is tried next.
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
      // Something else limits the rate. If that is the concurrency, no rate limit is needed.
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
    // The same share of a higher rate got through, so it is the usual share.
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
