package io.dromedary.delivery;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

  /** A thread for each task. The caller sees to it that there are not too many. */
  static ExecutorService unbounded(String name) {
    ExecutorService virtual = virtual();
    return virtual != null ? virtual : Executors.newCachedThreadPool(named(name));
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
