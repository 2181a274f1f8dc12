package io.dromedary.delivery;

import io.dromedary.settings.HeapShare;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of heads of answers a destination may be in the middle of reading, beyond the
 * first few of each: a receiver that answers every attempt with a long head that never ends must
 * not fill memory. Thread-safe.
 */
final class HeadBudget {

  /** What a byte of a head takes in memory while it is read, in arrays that grow. */
  private static final int COST = 4;

  private final AtomicLong left;

  /**
   * A budget of that many bytes.
   *
   * @param bytes of heads
   */
  HeadBudget(long bytes) {
    this.left = new AtomicLong(bytes);
  }

  /** The budget of one of so many destinations: a sixteenth of the heap for all of them. */
  static HeadBudget ofOne(int destinations) {
    return new HeadBudget(HeapShare.ANSWER_HEADS.bytes() / COST / destinations);
  }

  /** Takes so many bytes, unless there are fewer left. */
  boolean tryTake(int bytes) {
    if (left.addAndGet(-bytes) >= 0) {
      return true;
    }
    left.addAndGet(bytes);
    return false;
  }

  /** Gives back what was taken. */
  void give(int bytes) {
    left.addAndGet(bytes);
  }
}
