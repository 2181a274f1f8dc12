package io.dromedary.outbox;

import io.dromedary.outbox.store.RetryOnce;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The threads on which routes continue after the commit of what they have stored. The routes may
 * block, and may wait for another commit. Thread-safe.
 *
 * <p>Continuations that wait for a thread are bounded by the size of what they have stored. While
 * that {@link #isFull}, callers should store nothing more.
 */
final class Continuations implements AutoCloseable {

  private final ElasticThreads threads;
  private final int mostKib;
  private final AtomicInteger waitingKib = new AtomicInteger();

  /**
   * Starts threads.
   *
   * @param least the number of threads that are always there
   * @param most the number of threads that there may be while routes block
   * @param stuck how long no route may begin or end before all are taken to be blocked
   */
  Continuations(int least, int most, int mostKib, Duration stuck) {
    this.threads = new ElasticThreads("outbox-continuation", least, most, stuck);
    this.mostKib = mostKib;
  }

  /** Whether the bound on waiting continuations is reached. */
  boolean isFull() {
    return waitingKib.get() > mostKib;
  }

  /** Why no route continues, or null if they do. */
  @Nullable String failure() {
    return threads.failure();
  }

  /**
   * Whether the calling thread is one on which routes continue. Such a thread blocks until its next
   * commit, while another thread takes its place. However many routes wait for a second commit,
   * there is always a thread left to notify them.
   */
  boolean mustWait() {
    return threads.isMember();
  }

  /** Runs any other task that may block. */
  void execute(Runnable task) {
    threads.execute(task);
  }

  /**
   * Calls {@code next} when something is stored. If the caller {@link #mustWait}, blocks until then
   * and calls it on the calling thread; otherwise calls it on another thread.
   *
   * @param kib the size of what is stored, in KiB
   */
  void goOn(
      CompletableFuture<Integer> stored,
      int kib,
      BiConsumer<@Nullable Integer, @Nullable Throwable> next) {
    if (mustWait()) {
      await(stored);
      Throwable failed = failure(stored);
      next.accept(failed == null ? stored.join() : null, failed);
      return;
    }
    CompletableFuture<Integer> unused =
        stored.whenComplete(
            (count, failed) -> {
              waitingKib.addAndGet(kib);
              Runnable task =
                  () -> {
                    waitingKib.addAndGet(-kib);
                    next.accept(count, failed);
                  };
              RetryOnce.call(
                  "A route that waits for a commit could not continue",
                  () -> threads.execute(task));
            });
  }

  private static @Nullable Throwable failure(CompletableFuture<Integer> ended) {
    try {
      int unused = ended.join();
      return null;
    } catch (CompletionException e) {
      return e;
    }
  }

  /** Waits for the writer, which completes the future in any case. */
  private void await(CompletableFuture<Integer> stored) {
    CompletableFuture<Integer> ended = stored.exceptionally(failed -> 0);
    boolean isInterrupted = false;
    while (!ended.isDone()) {
      try {
        int unused = threads.whileAnotherWorks(ended::get);
      } catch (InterruptedException e) {
        isInterrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
