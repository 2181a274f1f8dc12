package io.dromedary.faults;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Takes the place of calls that hand a task to a thread, in the code under test: they pass by
 * {@link Faults} before it is handed over and afterwards. A system that has no thread left may fail
 * at either.
 */
public final class FaultyThreads {

  private static final StackWalker STACK = StackWalker.getInstance();

  private FaultyThreads() {}

  /** {@link Executor#execute}. */
  public static void execute(Executor executor, Runnable task) {
    String where = caller();
    Faults.at("before task", where);
    executor.execute(task);
    Faults.at("after task", where);
  }

  /** {@link Thread#start}. */
  public static void start(Thread thread) {
    String where = caller();
    Faults.at("before task", where);
    thread.start();
    Faults.at("after task", where);
  }

  /** {@link ScheduledExecutorService#schedule}. */
  public static ScheduledFuture<?> schedule(
      ScheduledExecutorService executor, Runnable task, long delay, TimeUnit unit) {
    String where = caller();
    Faults.at("before task", where);
    ScheduledFuture<?> future = executor.schedule(task, delay, unit);
    Faults.at("after task", where);
    return future;
  }

  /** {@link CompletableFuture#runAsync(Runnable, Executor)}. */
  public static CompletableFuture<Void> runAsync(Runnable task, Executor executor) {
    String where = caller();
    Faults.at("before task", where);
    CompletableFuture<Void> future = CompletableFuture.runAsync(task, executor);
    Faults.at("after task", where);
    return future;
  }

  private static String caller() {
    return STACK.walk(
        frames ->
            frames
                .skip(2)
                .findFirst()
                .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                .orElse("nobody"));
  }
}
