package io.dromedary.outbox.store;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The queue of operations that wait for the writer. Any thread may add; one thread takes. */
final class StoreOperationQueue {

  /** A group takes further operations until it has this many rows. */
  private static final int MOST_ROWS = 4000;

  /** A group of this many operations is committed at once, even if nobody waits for the commit. */
  private static final int MANY = 200;

  private static final long LASTING_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final LinkedBlockingQueue<StoreOperation> operations = new LinkedBlockingQueue<>();

  void add(StoreOperation operation) {
    operations.add(operation);
  }

  @Nullable StoreOperation poll() {
    return operations.poll();
  }

  boolean isEmpty() {
    return operations.isEmpty();
  }

  /**
   * Fills an empty group with the operations that wait, up to a bound.
   *
   * @param waitMillis how long to wait for the first operation
   * @param closing whether to commit at once, without waiting for operations to share the commit
   */
  void gather(List<StoreOperation> group, long waitMillis, boolean closing)
      throws InterruptedException {
    StoreOperation first = operations.poll(waitMillis, TimeUnit.MILLISECONDS);
    if (first == null) {
      return;
    }
    group.add(first);
    boolean isAwaited = gatherMore(group);
    if (!isAwaited && group.size() < MANY && !closing) {
      // Nobody waits for these to be on disk. After a short pause more of them share a commit.
      LockSupport.parkNanos(LASTING_NANOS);
      gatherMore(group);
    }
  }

  /**
   * Takes the operations that wait, up to a bound. Returns whether a caller waits for the commit of
   * any operation in the group.
   */
  private boolean gatherMore(List<StoreOperation> group) {
    int rows = 0;
    boolean isAwaited = false;
    for (StoreOperation operation : group) {
      rows += operation.rows();
      isAwaited |= !operation.isLasting();
    }
    while (rows < MOST_ROWS) {
      StoreOperation operation = operations.poll();
      if (operation == null) {
        break;
      }
      group.add(operation);
      rows += operation.rows();
      isAwaited |= !operation.isLasting();
    }
    return isAwaited;
  }
}
