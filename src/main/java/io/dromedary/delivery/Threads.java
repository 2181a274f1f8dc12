package io.dromedary.delivery;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Executors: of virtual threads where the JVM has them (21 and later), of pooled ones before. */
final class Threads {

  private static final int KEEP_ALIVE_SECONDS = 10;

  private Threads() {}

  /**
   * Runs so many tasks at once; a caller that comes too early waits. Pooled threads take their next
   * task from a queue that is as long again: handing each over from thread to thread would cost
   * more than to run it.
   */
  static ExecutorService workers(String name, int most) {
    ExecutorService virtual = virtual();
    if (virtual != null) {
      return new Bounded(virtual, most);
    }
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            most,
            most,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(most),
            named(name),
            Threads::waitForRoom);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Runs so many tasks at once; the others wait in a queue, which whoever puts them there has to
   * bound. With virtual threads nothing waits.
   */
  static ExecutorService queued(String name, int most) {
    ExecutorService virtual = virtual();
    if (virtual != null) {
      return virtual;
    }
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            most,
            most,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named(name));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Runs one task after the other, in their order; the others wait as those of {@link #queued}. */
  static ExecutorService single(String name) {
    return Executors.newSingleThreadExecutor(named(name));
  }

  private static void waitForRoom(Runnable task, ThreadPoolExecutor pool) {
    if (pool.isShutdown()) {
      throw new RejectedExecutionException("the destination has stopped");
    }
    try {
      pool.getQueue().put(task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException(e);
    }
  }

  /** At most so many threads; beyond them a task runs on the thread of its caller. */
  static ExecutorService bounded(String name, int most) {
    ExecutorService virtual = virtual();
    return virtual != null
        ? virtual
        : new ThreadPoolExecutor(
            0,
            most,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named(name),
            // A multicast whose task is rejected never ends.
            new ThreadPoolExecutor.CallerRunsPolicy());
  }

  /** Runs every task on the thread of its caller. */
  static ExecutorService caller() {
    return new CallerThread();
  }

  private static @Nullable ExecutorService virtual() {
    if (Runtime.version().feature() < 21) {
      return null;
    }
    try {
      // Java 17 is the language level: the method cannot be named.
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      return null;
    }
  }

  private static ThreadFactory named(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** A thread a task, and so many at once. */
  private static final class Bounded extends AbstractExecutorService {

    private final ExecutorService threads;
    private final Semaphore idle;

    Bounded(ExecutorService threads, int inFlight) {
      this.threads = threads;
      this.idle = new Semaphore(inFlight, true);
    }

    @Override
    public void execute(Runnable task) {
      idle.acquireUninterruptibly();
      boolean started = false;
      try {
        threads.execute(
            () -> {
              try {
                task.run();
              } finally {
                idle.release();
              }
            });
        started = true;
      } finally {
        if (!started) {
          idle.release();
        }
      }
    }

    @Override
    public void shutdown() {
      threads.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
      return threads.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
      return threads.isShutdown();
    }

    @Override
    public boolean isTerminated() {
      return threads.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
      return threads.awaitTermination(timeout, unit);
    }
  }

  private static final class CallerThread extends AbstractExecutorService {

    private volatile boolean shutdown;

    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {
      shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutdown = true;
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return shutdown;
    }

    @Override
    public boolean isTerminated() {
      return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return shutdown;
    }
  }
}
