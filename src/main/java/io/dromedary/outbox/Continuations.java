package io.dromedary.outbox;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where routes go on behind the commit of what they have stored. They may block, and they may wait
 * for another commit. Thread-safe.
 *
 * <p>Those that cannot begin yet are bounded by the size of what they have stored: when it is
 * {@link #isFull}, nothing should be stored for others.
 */
final class Continuations implements AutoCloseable {

  private final ElasticThreads threads;
  private final int mostKib;
  private final AtomicInteger waitingKib = new AtomicInteger();

  /**
   * Starts threads.
   *
   * @param least how many there always are
   * @param most how many there may be while routes block
   * @param stuck after how long without a route that begins or ends none is expected to
   */
  Continuations(int least, int most, int mostKib, Duration stuck) {
    this.threads = new ElasticThreads("outbox-continuation", least, most, stuck);
    this.mostKib = mostKib;
  }

  /** Whether as much waits to go on as may. */
  boolean isFull() {
    return waitingKib.get() > mostKib;
  }

  /** Why no route goes on, or null. */
  @Nullable String failure() {
    return threads.failure();
  }

  /**
   * Whether the calling thread is one on which routes go on. If so, it waits for its next commit
   * where it is, while another thread takes its place: so however many routes wait for a second
   * commit, no thread is missing to tell them of it.
   */
  boolean mustWait() {
    return threads.isMember();
  }

  /** Does anything else that may block. */
  void execute(Runnable task) {
    threads.execute(task);
  }

  /**
   * Goes on when something is stored, at once where the caller {@link #mustWait}.
   *
   * @param kib how large that is
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
                  "What waits for a commit could not go on", () -> threads.execute(task));
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

  /** Waits for the writer, which says in any case what has become of it. */
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
