package io.dromedary.delivery;

import java.time.Duration;

/**
 * How many threads a pool should have: as few as do not slow it down. Threads beyond those only
 * take turns on the processors, and each turn costs; how many there must be depends on how long
 * tasks wait, for a transform or for a receiver, which nobody can tell beforehand.
 *
 * <p>So it is tried out. While threads are busy their number is doubled or halved for a moment
 * every now and then, and what is left is that with which more tasks end. Where tasks take long,
 * which processors alone cannot explain, threads are added without trying.
 *
 * <p>Not thread-safe: one thread asks, at short intervals.
 */
final class PoolSize {

  private enum Trial {
    NONE,
    MORE,
    /** As many as before it was tried with more: a rate may rise by itself, as while compiling. */
    AS_BEFORE,
    FEWER
  }

  /** So long tasks are counted at least before a number of threads is judged. */
  private static final long JUDGE_NANOS = Duration.ofMillis(200).toNanos();

  /** When fewer tasks than threads have ended in this time, each takes longer than it. */
  private static final long SLOW_NANOS = Duration.ofMillis(15).toNanos();

  /** The same where there are many threads, of which each may wait for a processor. */
  private static final long SLOW_WITH_MANY_NANOS = Duration.ofMillis(200).toNanos();

  /** Of the least number of threads: so many times that are never too many. */
  private static final int FEW = 4;

  /** That share of the threads runs where there may be too few of them. */
  private static final double BUSY = 0.75;

  /** That much more has to end with twice the threads for them to be kept. */
  private static final double GAIN = 1.25;

  /** That much has to end with half of the threads for the others to be given up. */
  private static final double NO_LOSS = 0.9;

  /** A rate this much off that of before is that of another load. */
  private static final double OTHER_LOAD = 1.5;

  /** Of judgements that pass from one vain trial to the next. */
  private static final int LONGEST_PAUSE = 128;

  private final int least;
  private final int most;
  private int size;

  /** The last look, and whether enough threads were busy then. */
  private long lastNanos;

  private long lastEnded;
  private boolean wasBusy;

  /** What is counted while they are: for how long, and how many tasks have ended. */
  private long nanos;

  private long tasks;

  /** Until when tasks of before the last change of the size may still run. */
  private long settledNanos;

  /** In tasks a nanosecond, with the size that is kept, and with twice as many. */
  private double rate;

  private double rateWithMore;
  private int kept;
  private Trial trial = Trial.NONE;
  private boolean more = true;
  private int judgements;
  private int pause = 1;

  /**
   * The size of a pool, the least at first.
   *
   * @param least threads, which keep the processors busy
   * @param most threads
   */
  PoolSize(int least, int most) {
    this.least = Math.min(least, most);
    this.most = most;
    this.size = this.least;
  }

  /** How many threads there should be now. */
  int get() {
    return size;
  }

  /**
   * Takes a look at the pool, and returns how many threads there should be from now on.
   *
   * @param nowNanos by {@link System#nanoTime}
   * @param ended how many tasks have ended so far
   * @param running how many tasks run
   */
  int next(long nowNanos, long ended, int running) {
    boolean isFull = running >= BUSY * size;
    boolean isBusy =
        switch (trial) {
          // Half of the threads would be full.
          case NONE -> running >= BUSY * size / 2;
          // Enough of those that are new have something to do.
          case MORE -> running >= GAIN * kept;
          case AS_BEFORE, FEWER -> isFull;
        };
    if (isBusy && wasBusy && lastNanos - settledNanos >= 0) {
      nanos += nowNanos - lastNanos;
      tasks += ended - lastEnded;
    }
    lastNanos = nowNanos;
    lastEnded = ended;
    wasBusy = isBusy;
    if (trial == Trial.MORE && !isBusy) {
      // There is no work for more.
      resize(kept, 0);
      end(false);
    } else if (isFull
        && tasks < size
        && nanos >= (size < FEW * least ? SLOW_NANOS : SLOW_WITH_MANY_NANOS)) {
      resize(2 * size, 0);
      end(true);
      more = true;
    } else if (tasks >= 2L * size && nanos >= JUDGE_NANOS) {
      double now = (double) tasks / nanos;
      long taskNanos = nanos * size / tasks;
      nanos = 0;
      tasks = 0;
      judge(now, taskNanos, isFull);
    }
    return size;
  }

  private void judge(double now, long taskNanos, boolean isFull) {
    switch (trial) {
      case NONE -> {
        boolean isOtherLoad = now > rate * OTHER_LOAD || now * OTHER_LOAD < rate;
        rate = now;
        judgements++;
        if (isOtherLoad || judgements >= pause) {
          tryOut(more && isFull, taskNanos);
        }
      }
      case MORE -> {
        rateWithMore = now;
        if (now >= rate * GAIN) {
          trial = Trial.AS_BEFORE;
        } else {
          end(false);
        }
        resize(kept, taskNanos);
      }
      case AS_BEFORE -> {
        boolean isKept = rateWithMore >= Math.max(rate, now) * GAIN;
        rate = isKept ? rateWithMore : now;
        resize(isKept ? 2 * kept : kept, taskNanos);
        end(isKept);
      }
      case FEWER -> {
        boolean isKept = now >= rate * NO_LOSS;
        rate = isKept ? now : rate;
        resize(isKept ? size : kept, taskNanos);
        end(isKept);
      }
    }
  }

  private void tryOut(boolean withMore, long taskNanos) {
    kept = size;
    resize(withMore ? 2 * size : size / 2, taskNanos);
    if (size == kept) {
      more = !withMore;
    } else {
      trial = withMore ? Trial.MORE : Trial.FEWER;
    }
  }

  private void end(boolean isKept) {
    trial = Trial.NONE;
    judgements = 0;
    if (isKept) {
      pause = 1;
    } else {
      more = !more;
      pause = Math.min(LONGEST_PAUSE, 2 * pause);
    }
  }

  private void resize(int wanted, long taskNanos) {
    size = Math.max(least, Math.min(most, wanted));
    settledNanos = lastNanos + taskNanos;
    nanos = 0;
    tasks = 0;
  }
}
