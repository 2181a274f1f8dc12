package io.dromedary.faults;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

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
    handOver(
        () -> {
          executor.execute(task);
          return task;
        });
  }

  /** {@link Thread#start}. */
  public static void start(Thread thread) {
    handOver(
        () -> {
          thread.start();
          return thread;
        });
  }

  /** {@link ScheduledExecutorService#schedule}. */
  public static ScheduledFuture<?> schedule(
      ScheduledExecutorService executor, Runnable task, long delay, TimeUnit unit) {
    return handOver(() -> executor.schedule(task, delay, unit));
  }

  /** {@link CompletableFuture#runAsync(Runnable, Executor)}. */
  public static CompletableFuture<Void> runAsync(Runnable task, Executor executor) {
    return handOver(() -> CompletableFuture.runAsync(task, executor));
  }

  private static <T> T handOver(Supplier<T> call) {
    String where = caller();
    Faults.at("before task", where);
    T result = call.get();
    Faults.at("after task", where);
    return result;
  }

  private static String caller() {
    return STACK.walk(
        frames ->
            frames
                .skip(3)
                .findFirst()
                .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                .orElse("nobody"));
  }
}
