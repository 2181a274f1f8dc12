package io.dromedary.history;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Limits the number of calls that get through in each second. Thread-safe. */
final class Limit {

  private static final int BITS = 24;

  /** The current second, and in the lower bits the number of calls that have got through in it. */
  private final AtomicLong state = new AtomicLong();

  boolean take(int most) {
    long second = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
    while (true) {
      long before = state.get();
      boolean isSame = before >>> BITS == (second & (-1L >>> BITS));
      long used = isSame ? before & ((1L << BITS) - 1) : 0;
      if (used >= most) {
        return false;
      }
      if (state.compareAndSet(before, (second << BITS) | (used + 1))) {
        return true;
      }
    }
  }
}
