package io.dromedary.delivery.http;

import io.dromedary.settings.HeapShare;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits the memory for partly read answer heads of a destination, beyond the first bytes of each.
 * Without it a receiver that answers every attempt with an endless head could fill the heap.
 * Thread-safe.
 */
public final class HeadBudget {

  /** Memory used per byte while a head is read, because its arrays grow. */
  private static final int COST = 4;

  private final AtomicLong left;

  /**
   * Creates a budget.
   *
   * @param bytes the number of bytes of heads
   */
  public HeadBudget(long bytes) {
    this.left = new AtomicLong(bytes);
  }

  /**
   * Returns the budget of one destination. All destinations together have a sixteenth of the heap.
   */
  public static HeadBudget ofOne(int destinations) {
    return new HeadBudget(HeapShare.ANSWER_HEADS.bytes() / COST / destinations);
  }

  /** Takes bytes from the budget unless fewer are left. */
  boolean tryTake(int bytes) {
    if (left.addAndGet(-bytes) >= 0) {
      return true;
    }
    left.addAndGet(bytes);
    return false;
  }

  /** Gives back bytes that were taken. */
  void give(int bytes) {
    left.addAndGet(bytes);
  }
}
