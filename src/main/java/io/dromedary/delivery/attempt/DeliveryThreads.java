package io.dromedary.delivery.attempt;

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
 * timer in which rounds wait to be redelivered. A waiting round holds no thread. When it is due it
 * queues for a worker together with new rounds, in order of due time, so that neither starves the
 * other.
 *
 * <p>Nothing is ever rejected while the destination runs: a task waits until a worker is free.
 */
public final class DeliveryThreads {

  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Idle destinations, of which there may be fifty, keep no threads. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

  private final Clock clock;
  private final ExecutorService workers;
  private final Timer timer = new Timer();
  private volatile boolean hurry;

  /**
   * Creates the threads of a destination.
   *
   * @param workers runs as many rounds at once as may be in flight, and queues the others
   */
  public DeliveryThreads(Clock clock, ExecutorService workers) {
    this.clock = clock;
    this.workers = workers;
  }

  /** Returns a new daemon thread that is not started. */
  public static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Returns an executor that runs tasks one by one, on a thread that ends when idle. */
  public static ExecutorService one(String name) {
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

  /**
   * Returns the timer, which keeps rounds until they are due by the clock and then hands them to
   * the workers.
   */
  public ScheduledThreadPoolExecutor timer() {
    return timer;
  }

  /** Makes all waiting and future tasks due at once, because the destination stops. */
  public void hurry() {
    hurry = true;
    timer.execute(() -> {});
  }

  /** Ends all threads and drops waiting tasks, so the destination has to be empty. */
  public void close() {
    timer.shutdownNow();
    workers.shutdown();
  }

  private void goOn(Runnable task) {
    try {
      workers.execute(task);
    } catch (OutOfMemoryError e) {
      // The system has no thread left. Nothing else would continue the round, so try again later.
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
      // Rounded up, so that a receiver never gets a request before the instant it named.
      long nanos = scheduled.getDelay(TimeUnit.NANOSECONDS);
      return new Waiting<>(task, Math.floorDiv(nanos + 999_999, 1_000_000L));
    }
  }

  /** A task that is due by the destination's clock rather than the JVM's timer. */
  private final class Waiting<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {

    private final long delayMillis;
    private final long dueMillis;

    @SuppressWarnings("NullAway") // A runnable has no result.
    Waiting(Runnable task, long delayMillis) {
      super(() -> goOn(task), null);
      this.delayMillis = delayMillis;
      // A task without a delay goes first, which makes the timer's thread read the clock again.
      this.dueMillis = delayMillis <= 0 ? Long.MIN_VALUE : clock.millis() + delayMillis;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      long leftMillis = dueMillis - clock.millis();
      // More than the whole delay is left: the clock was set back at an unknown time.
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
