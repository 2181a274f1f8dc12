package io.dromedary.delivery;

import java.time.Duration;

/**
 * How many threads a pool should have: as few as do not slow it down. Threads beyond those only
 * take turns on the processors, and each turn costs; how many there must be depends on how long
 * receivers take to answer, which nobody can tell beforehand.
 *
 * <p>So it is tried out. While tasks wait in the queue the number is doubled or halved for a moment
 * every now and then, and what is left is that with which more tasks end. Where tasks take long,
 * which processors alone cannot explain, threads are added without trying.
 *
 * <p>Not thread-safe: one thread asks, at short intervals.
 */
final class PoolSize {

  /** So long tasks are counted at least before a number of threads is judged. */
  private static final long JUDGE_NANOS = Duration.ofMillis(200).toNanos();

  /** When fewer tasks than threads have ended in this time, each takes longer than it. */
  private static final long SLOW_NANOS = Duration.ofMillis(15).toNanos();

  /** The same where there are many threads, of which each may wait for a processor. */
  private static final long SLOW_WITH_MANY_NANOS = Duration.ofMillis(200).toNanos();

  /** Of the least number of threads: so many times that are never too many. */
  private static final int FEW = 4;

  /** That share of the threads runs where they are what there is too few of. */
  private static final double BUSY = 0.75;

  /** That much more has to end with twice the threads for them to be kept. */
  private static final double GAIN = 1.25;

  /** That much has to end with half of the threads for the others to be given up. */
  private static final double NO_LOSS = 0.9;

  /** A rate this much off that of before is that of another load. */
  private static final double OTHER_LOAD = 1.5;

  /** Of judgements that pass from one vain trial to the next. */
  private static final int LONGEST_PAUSE = 64;

  private final int least;
  private final int most;
  private int size;

  /** What is counted: the tasks that have ended since then. */
  private boolean counting;

  private long fromNanos;
  private long fromEnded;

  /** Until when tasks of before the last change of the size may still run. */
  private long settledNanos;

  /** In tasks a nanosecond, with the size that is not tried out but kept. */
  private double rate;

  private boolean trying;
  private int kept;
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
    if (running < BUSY * size) {
      // More tasks could have ended: nothing can be told from how many did.
      counting = false;
      if (trying && running > kept) {
        // Nothing waits any more, as more run than could before.
        trying = false;
      } else if (trying) {
        size = kept;
        giveUp();
      }
      return size;
    }
    if (!counting || nowNanos - settledNanos < 0) {
      count(nowNanos, ended);
      return size;
    }
    long nanos = nowNanos - fromNanos;
    long tasks = ended - fromEnded;
    if (tasks < size && nanos >= (size < FEW * least ? SLOW_NANOS : SLOW_WITH_MANY_NANOS)) {
      trying = false;
      more = true;
      pause = 1;
      judgements = 0;
      resize(2 * size, nowNanos, 0);
      count(nowNanos, ended);
    } else if (tasks >= 2L * size && nanos >= JUDGE_NANOS) {
      judge((double) tasks / nanos, nowNanos, nanos * size / tasks);
      count(nowNanos, ended);
    }
    return size;
  }

  private void count(long nowNanos, long ended) {
    if (!counting) {
      settledNanos = nowNanos;
    }
    counting = true;
    fromNanos = nowNanos;
    fromEnded = ended;
  }

  private void judge(double now, long nowNanos, long taskNanos) {
    if (trying && (more ? now >= rate * GAIN : now >= rate * NO_LOSS)) {
      rate = now;
      pause = 1;
      tryOut(nowNanos, taskNanos);
    } else if (trying) {
      resize(kept, nowNanos, taskNanos);
      giveUp();
    } else {
      boolean isOtherLoad = now > rate * OTHER_LOAD || now * OTHER_LOAD < rate;
      rate = now;
      judgements++;
      if (isOtherLoad || judgements >= pause) {
        tryOut(nowNanos, taskNanos);
      }
    }
  }

  private void tryOut(long nowNanos, long taskNanos) {
    kept = size;
    trying = true;
    resize(more ? 2 * size : size / 2, nowNanos, taskNanos);
    if (size == kept) {
      giveUp();
    }
  }

  private void giveUp() {
    trying = false;
    more = !more;
    judgements = 0;
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
  }

  private void resize(int wanted, long nowNanos, long taskNanos) {
    size = Math.max(least, Math.min(most, wanted));
    settledNanos = nowNanos + taskNanos;
  }
}
