package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * Finds how many attempts may be in flight: as many as increase the number of accepted events, and
 * no more. The limit starts low and doubles with each round trip as long as twice as many attempts
 * increase the throughput. After that, slightly higher and lower limits are tried for a moment from
 * time to time, and the better one is kept.
 *
 * <p>The throughput at a limit follows from the duration of the attempts that began under it
 * (Little's law), so a judgement takes no longer than those attempts. Failures alone do not lower
 * the limit; timeouts halve it.
 *
 * <p>Not thread-safe.
 */
final class ConcurrencyLimit {

  private enum Mode {
    GROW,
    HOLD,
    /** Two limits are compared by switching between them. */
    TRIAL
  }

  private static final int FIRST = 16;
  private static final int AFTER_OUTAGE = 4;

  /** With fewer attempts in flight, a round trip says nothing. */
  private static final int FEWEST_TO_JUDGE = 16;

  /**
   * Failures are often faster than successes: a sample lasts long enough for a success to arrive.
   */
  private static final double LATENCIES = 1.2;

  private static final long GROW_NANOS = Duration.ofMillis(20).toNanos();
  private static final long HOLD_NANOS = Duration.ofMillis(100).toNanos();

  /** Twice as many attempts must increase the throughput by at least this factor. */
  private static final double GROWTH = 1.25;

  /**
   * Growth ends after so many consecutive rounds with too small an increase, which is not chance.
   */
  private static final int VAIN_ROUNDS = 2;

  private static final double MORE = 1.4;
  private static final double FEWER = 0.7;

  /**
   * Tried first where attempts are quick, since chance may have raised the limit far too high
   * there.
   */
  private static final double FAR_FEWER = 0.25;

  private static final double FEWEST = 0.125;

  /** A limit above this multiple of the average in flight is unused, and is lowered. */
  private static final double UNUSED = 2;

  /**
   * The ratio of throughputs at which {@link #MORE} is kept, and {@link #NO_LOSS} that of {@link
   * #FEWER}.
   */
  private static final double GAIN = 1.06;

  private static final double NO_LOSS = 0.97;
  private static final double CLEAR_GAIN = 1.2;
  private static final int PAIRS = 3;

  /**
   * The most comparisons of an unclear trial. Too many attempts cost processor time, so a lower
   * limit needs less evidence.
   */
  private static final int MOST_PAIRS = 6;

  /** The longest pause from one vain trial to the next, in rounds. */
  private static final int LONGEST_PAUSE = 128;

  /** So many attempts are not too many if they are answered within {@link #QUICK_SECONDS}. */
  private static final int FEW = 8;

  private static final double QUICK_SECONDS = 0.1;

  private final int most;
  private int limit;
  private Mode mode = Mode.GROW;

  private Sample sample;

  /** The other limit of a comparison and its throughput; the throughput is 0 if it is not known. */
  private int baseLimit;

  private double baseBrought;
  private int vainRounds;
  private boolean triesMore = true;
  private double fewer = FAR_FEWER;
  private int pairs;
  private double ratios;
  private double tried;
  private int pause = 2;
  private int passed;

  ConcurrencyLimit(int most, long now) {
    this.most = most;
    this.limit = Math.min(FIRST, most);
    this.sample = new Sample(now);
  }

  int limit() {
    return limit;
  }

  /** Restarts slowly after an outage of the receiver. */
  void restart(long now) {
    mode = Mode.GROW;
    baseBrought = 0;
    next(Math.min(AFTER_OUTAGE, most), now);
  }

  void begins(Permit permit) {
    sample.begins(permit);
  }

  /**
   * Records the end of an attempt that did not hang.
   *
   * @param counted the number of attempts that were in flight at its end
   * @param isPaced whether something other than this limit held attempts back
   * @param latencyNanos the average duration of answered attempts
   */
  void ended(
      Permit permit,
      Signal.Kind kind,
      int counted,
      boolean isPaced,
      double latencyNanos,
      long now) {
    if (!sample.has(permit)) {
      return;
    }
    sample.ended(permit, kind, counted, counted >= 0.8 * limit && !isPaced, now);
    int ended = sample.size();
    int timedOut = sample.timedOut();
    long nanos = sample.nanos(now);
    boolean isTold = sample.answered() == ended || nanos >= LATENCIES * latencyNanos;
    boolean isOver =
        isTold
            && (mode == Mode.GROW
                ? ended >= Math.max(limit < FEWEST_TO_JUDGE ? 4 : 32, limit / 2)
                    && nanos >= GROW_NANOS
                : ended >= Math.max(64, limit) && nanos >= HOLD_NANOS);
    if (timedOut > 2 && timedOut > 0.1 * ended && timedOut * 4 > Math.min(limit, counted)) {
      mode = Mode.HOLD;
      next(Math.max(1, Math.min(limit, counted) / 2), now);
    } else if (isOver) {
      judge(now);
    }
  }

  private void judge(long now) {
    double brought = sample.brought();
    boolean isFull = sample.isFull();
    int used = (int) Math.ceil(UNUSED * sample.inFlight());
    if (!isFull && mode != Mode.TRIAL && limit > FIRST && used < limit) {
      leaveUnused(used, now);
      return;
    }
    switch (mode) {
      case GROW -> grow(brought, isFull, now);
      case HOLD -> hold(brought, isFull, now);
      case TRIAL -> compare(brought, isFull, now);
    }
  }

  /**
   * Lowers a limit that is not reached: it says nothing of the receiver and has to be found anew.
   */
  private void leaveUnused(int used, long now) {
    boolean hasGrownInVain = mode == Mode.GROW && baseBrought > 0 && baseLimit < limit;
    if (hasGrownInVain) {
      growthEnds(now);
    } else {
      mode = Mode.GROW;
      baseBrought = 0;
      vainRounds = 0;
      next(Math.max(FIRST, used), now);
    }
  }

  private void growthEnds(long now) {
    vainRounds = 0;
    mode = Mode.HOLD;
    triesMore = false;
    fewer = FAR_FEWER;
    pause = 2;
    passed = 0;
    next(baseLimit, now);
  }

  private void grow(double brought, boolean isFull, long now) {
    if (!isFull) {
      next(limit, now);
    } else if (limit >= FEWEST_TO_JUDGE && baseBrought > 0 && brought < GROWTH * baseBrought) {
      if (++vainRounds < VAIN_ROUNDS) {
        next(limit, now);
        return;
      }
      growthEnds(now);
    } else {
      vainRounds = 0;
      baseBrought = limit >= FEWEST_TO_JUDGE ? brought : 0;
      baseLimit = limit;
      if (limit == most) {
        mode = Mode.HOLD;
      }
      next(Math.min(most, 2 * limit), now);
    }
  }

  private void hold(double brought, boolean isFull, long now) {
    passed++;
    if (!isFull || passed < pause || sample.answered() == 0) {
      next(limit, now);
      return;
    }
    int other = other(brought);
    if (other == limit) {
      triesMore = !triesMore;
      other = other(brought);
    }
    if (other == limit) {
      next(limit, now);
      return;
    }
    passed = 0;
    mode = Mode.TRIAL;
    baseLimit = limit;
    pairs = 0;
    ratios = 0;
    tried = 0;
    next(other, now);
  }

  private int other(double brought) {
    if (triesMore) {
      return Math.min(most, (int) Math.ceil(limit * MORE));
    }
    int fewest = (int) Math.ceil(brought * 1e9 * QUICK_SECONDS);
    double part = sample.tookNanos() < 1e9 * QUICK_SECONDS ? fewer : FEWER;
    return Math.min(limit, Math.max(Math.max(1, Math.min(FEW, fewest)), (int) (limit * part)));
  }

  private void compare(double brought, boolean isFull, long now) {
    int other = limit == baseLimit ? 0 : limit;
    if (!isFull) {
      mode = Mode.HOLD;
      next(baseLimit, now);
    } else if (other != 0) {
      tried = brought;
      baseBrought = other;
      next(baseLimit, now);
    } else {
      pairs++;
      ratios += tried / Math.max(brought, 1e-30);
      decide((int) baseBrought, now);
    }
  }

  private void decide(int other, long now) {
    double ratio = ratios / pairs;
    boolean isVain = triesMore ? ratio < 1.02 : ratio < 0.9;
    boolean isClear = pairs >= PAIRS && ratio >= (triesMore ? CLEAR_GAIN : NO_LOSS);
    if (pairs < MOST_PAIRS && !isVain && !isClear) {
      next(other, now);
      return;
    }
    if (ratio < (triesMore ? GAIN : NO_LOSS)) {
      mode = Mode.HOLD;
      if (!triesMore) {
        fewer = FEWER;
      }
      triesMore = !triesMore;
      pause = Math.min(LONGEST_PAUSE, 2 * pause);
      next(baseLimit, now);
      return;
    }
    pause = 2;
    mode = triesMore ? Mode.GROW : Mode.HOLD;
    fewer = triesMore ? fewer : Math.max(FEWEST, fewer * fewer);
    baseBrought = 0;
    next(other, now);
  }

  private void next(int nextLimit, long now) {
    limit = nextLimit;
    sample = new Sample(now);
  }
}
