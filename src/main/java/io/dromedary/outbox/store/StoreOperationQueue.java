package io.dromedary.outbox.store;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The queue of operations that wait for the writer. A short operation that somebody waits for
 * overtakes long ones, so that one event does not wait for the full batches of other senders. After
 * a group that did so, the long ones have their turn. Thread-safe; one thread gathers.
 */
final class StoreOperationQueue {

  /** A group takes further operations until it has this many rows at most. */
  static final int MOST_ROWS = 4000;

  /** However long that takes, a group may have as many rows as a full batch. */
  static final int LEAST_ROWS = 500;

  /** The bound of rows is adapted so that a group that reaches it takes about this long. */
  static final Duration TARGET = Duration.ofMillis(25);

  /** The most rows of a short operation. */
  static final int FEW_ROWS = 50;

  /** A group of this many operations is committed at once, even if nobody waits for the commit. */
  private static final int MANY = 200;

  private static final long LASTING_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  // Guarded by this.
  private final Queue<StoreOperation> shortOperations = new ArrayDeque<>();
  private final Queue<StoreOperation> longOperations = new ArrayDeque<>();

  // Of the thread that gathers.
  private int mostRows = MOST_ROWS;
  private int rows;
  private boolean isAwaited;
  private boolean hasOvertaken;

  synchronized void add(StoreOperation operation) {
    (operation.rows() <= FEW_ROWS ? shortOperations : longOperations).add(operation);
    notifyAll();
  }

  synchronized @Nullable StoreOperation poll() {
    StoreOperation operation = shortOperations.poll();
    return operation == null ? longOperations.poll() : operation;
  }

  synchronized boolean isEmpty() {
    return shortOperations.isEmpty() && longOperations.isEmpty();
  }

  /**
   * Fills an empty group with the operations that wait, up to a bound.
   *
   * @param waitMillis how long to wait for the first operation
   * @param closing whether to commit at once, without waiting for operations to share the commit
   */
  void gather(List<StoreOperation> group, long waitMillis, boolean closing)
      throws InterruptedException {
    rows = 0;
    isAwaited = false;
    awaitOperation(waitMillis);
    gatherMore(group);
    if (!group.isEmpty() && !isAwaited && group.size() < MANY && !closing) {
      // Nobody waits for these to be on disk. After a short pause more of them share a commit.
      LockSupport.parkNanos(LASTING_NANOS);
      gatherMore(group);
    }
  }

  private synchronized void awaitOperation(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; isEmpty() && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
  }

  private synchronized void gatherMore(List<StoreOperation> group) {
    if (hasOvertaken && !longOperations.isEmpty()) {
      // Also if short ones alone would fill the group.
      take(longOperations, group);
    }
    while (rows < mostRows && !shortOperations.isEmpty()) {
      take(shortOperations, group);
    }
    hasOvertaken = !hasOvertaken && isAwaited && !longOperations.isEmpty();
    while (!hasOvertaken && rows < mostRows && !longOperations.isEmpty()) {
      take(longOperations, group);
    }
  }

  private void take(Queue<StoreOperation> queue, List<StoreOperation> group) {
    StoreOperation operation = queue.element();
    // It stays in the queue if there is no memory to add it.
    group.add(operation);
    queue.remove();
    rows += operation.rows();
    isAwaited |= !operation.isLasting();
  }

  /** Notes how long the transaction of the last group took, which bounds the next ones. */
  void took(Duration duration) {
    if (rows >= mostRows) {
      double factor = (double) TARGET.toNanos() / Math.max(1, duration.toNanos());
      double next = mostRows * Math.max(0.5, Math.min(2, factor));
      mostRows = (int) Math.max(LEAST_ROWS, Math.min(MOST_ROWS, next));
    }
  }
}
