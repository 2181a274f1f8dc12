package io.dromedary.delivery;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of a destination: workers that run rounds, as many at once as may be in flight, and a
 * timer in which rounds wait to be redelivered. A waiting round holds no thread; when it is due it
 * takes its turn with new ones for a worker, the longest due first, so that neither starves the
 * other.
 *
 * <p>Nothing is ever rejected while the destination runs: who finds all workers busy waits.
 */
final class DeliveryThreads {

  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Fifty destinations that have nothing to do need no threads. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

  private final Clock clock;
  private final ExecutorService workers;
  private final Timer timer = new Timer();
  private volatile boolean hurry;

  /**
   * Threads of a destination.
   *
   * @param workers run rounds, so many at once as may be in flight, and let who comes too early
   *     wait
   */
  DeliveryThreads(Clock clock, ExecutorService workers) {
    this.clock = clock;
    this.workers = workers;
  }

  /** A thread that is not started, and keeps no JVM alive. */
  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Does one thing after the other, on a thread that ends while there is nothing to do. */
  static ExecutorService one(String name) {
    ThreadPoolExecutor thread =
        new ThreadPoolExecutor(
            1,
            1,
            KEEP_ALIVE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> daemon(task, name));
    thread.allowCoreThreadTimeOut(true);
    return thread;
  }

  /** Keeps rounds until they are due by the clock, and hands them to the workers. */
  ScheduledThreadPoolExecutor timer() {
    return timer;
  }

  /** Whatever waits, and whatever will, is due now: the destination stops. */
  void hurry() {
    hurry = true;
    timer.execute(() -> {});
  }

  /** Ends all threads. What still waits is dropped, so the destination has to be empty. */
  void close() {
    timer.shutdownNow();
    workers.shutdown();
  }

  private void goOn(Runnable task) {
    try {
      workers.execute(task);
    } catch (OutOfMemoryError e) {
      // The system has no thread left, and nobody else would have the round go on.
      Future<?> unused = AttemptTimer.after(PAUSE, () -> goOn(task));
    }
  }

  private final class Timer extends ScheduledThreadPoolExecutor {

    Timer() {
      super(1, task -> daemon(task, "webhooks-redelivery"));
      setKeepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS);
      allowCoreThreadTimeOut(true);
    }

    @Override
    protected <V> RunnableScheduledFuture<V> decorateTask(
        Runnable task, RunnableScheduledFuture<V> scheduled) {
      // Rounded up: a receiver is never asked again before the instant it named.
      long nanos = scheduled.getDelay(TimeUnit.NANOSECONDS);
      return new Waiting<>(task, Math.floorDiv(nanos + 999_999, 1_000_000L));
    }
  }

  /** A task that is due by the destination's clock instead of the JVM's timer. */
  private final class Waiting<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {

    private final long delayMillis;
    private final long dueMillis;

    @SuppressWarnings("NullAway") // A runnable has no result.
    Waiting(Runnable task, long delayMillis) {
      super(() -> goOn(task), null);
      this.delayMillis = delayMillis;
      // What need not wait goes first, which makes the timer's thread look at the clock again.
      this.dueMillis = delayMillis <= 0 ? Long.MIN_VALUE : clock.millis() + delayMillis;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      long leftMillis = dueMillis - clock.millis();
      // Longer than at first: the clock was set back, nobody knows how long ago.
      return hurry || dueMillis == Long.MIN_VALUE || leftMillis <= 0 || leftMillis > delayMillis
          ? 0
          : unit.convert(leftMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return other instanceof Waiting<?> waiting
          ? Long.compare(dueMillis, waiting.dueMillis)
          : Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }

    @Override
    public boolean isPeriodic() {
      return false;
    }
  }
}
