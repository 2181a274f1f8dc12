package io.dromedary.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A queue of records that wait to be written, bounded in number and bytes. Records that do not fit
 * are dropped and counted. Thread-safe.
 */
final class HistoryBuffer {

  /** The number of records at which they are written. */
  static final int FLUSHED = 4096;

  private static final int MOST = 4 * FLUSHED;

  private final long mostBytes;
  private final Queue<BufferedRecord> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final LongAdder dropped = new LongAdder();

  HistoryBuffer(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Adds a record, unless there is no room.
   *
   * @return whether it was added
   */
  boolean offer(BufferedRecord kept) {
    int length = kept.bytes();
    if (size.get() >= MOST || bytes.get() + length > mostBytes) {
      return false;
    }
    // Other threads may have seen the same room, so the bound may be exceeded by a record for each.
    size.incrementAndGet();
    bytes.addAndGet(length);
    queue.add(kept);
    return true;
  }

  /** Whether enough records wait to be worth a write. */
  boolean isWorthFlushing() {
    return size.get() >= FLUSHED || bytes.get() >= mostBytes / 2;
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Removes and returns the records that wait. */
  List<BufferedRecord> drain() {
    List<BufferedRecord> taken = new ArrayList<>(Math.min(MOST, size.get()));
    for (BufferedRecord next = queue.poll(); next != null; next = queue.poll()) {
      size.decrementAndGet();
      bytes.addAndGet(-next.bytes());
      taken.add(next);
      if (taken.size() == MOST) {
        break;
      }
    }
    return taken;
  }

  /** Counts the records that found no room or could not be written. */
  LongAdder dropped() {
    return dropped;
  }
}
