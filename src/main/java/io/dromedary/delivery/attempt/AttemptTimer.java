package io.dromedary.delivery.attempt;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the deadlines of all attempts of the process on one thread. Its tasks must not block. */
public final class AttemptTimer {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptTimer.class);

  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private AttemptTimer() {}

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, task -> DeliveryThreads.daemon(task, "webhooks-deadlines"));
    // Few attempts reach their deadline, so cancelled tasks must not pile up.
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(10, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  /** Runs a task once, after the delay. */
  public static Future<?> after(Duration delay, Runnable task) {
    return TIMER.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Runs a task repeatedly until it is cancelled. */
  public static Future<?> every(Duration interval, Runnable task) {
    Runnable forEver =
        () -> {
          try {
            task.run();
          } catch (RuntimeException | Error e) {
            // If it were thrown on, the executor would not run the task again.
            LOG.error("A task of the webhooks' timer has failed", e);
          }
        };
    long nanos = interval.toNanos();
    return TIMER.scheduleWithFixedDelay(forEver, nanos, nanos, TimeUnit.NANOSECONDS);
  }
}
