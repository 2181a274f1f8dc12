package io.dromedary.outbox;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Work that waits for the writer. Thread-safe; one thread takes it. */
final class WorkQueue {

  /** A group takes more work until it has so many rows. */
  private static final int MOST_ROWS = 4000;

  /** From so much lasting work on, a commit is worth its while at once. */
  private static final int MANY = 200;

  private static final long LASTING_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final LinkedBlockingQueue<StoreOperation> works = new LinkedBlockingQueue<>();

  void add(StoreOperation work) {
    works.add(work);
  }

  @Nullable StoreOperation poll() {
    return works.poll();
  }

  boolean isEmpty() {
    return works.isEmpty();
  }

  /**
   * Adds what there is to a group that has nothing yet, up to a bound.
   *
   * @param waitMillis how long it waits for the first
   * @param closing whether it does not wait for what may share a commit
   */
  void gather(List<StoreOperation> group, long waitMillis, boolean closing)
      throws InterruptedException {
    StoreOperation first = works.poll(waitMillis, TimeUnit.MILLISECONDS);
    if (first == null) {
      return;
    }
    group.add(first);
    boolean isAwaited = gatherMore(group);
    if (!isAwaited && group.size() < MANY && !closing) {
      // Nobody waits for it to be on disk: gathered for a moment it shares a commit.
      LockSupport.parkNanos(LASTING_NANOS);
      gatherMore(group);
    }
  }

  /** Takes what there is, up to a bound, and says whether somebody waits for any of the group. */
  private boolean gatherMore(List<StoreOperation> group) {
    int rows = 0;
    boolean isAwaited = false;
    for (StoreOperation work : group) {
      rows += work.rows();
      isAwaited |= !work.isLasting();
    }
    while (rows < MOST_ROWS) {
      StoreOperation work = works.poll();
      if (work == null) {
        break;
      }
      group.add(work);
      rows += work.rows();
      isAwaited |= !work.isLasting();
    }
    return isAwaited;
  }
}
