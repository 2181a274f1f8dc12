package io.dromedary.delivery.flow;

import java.time.Duration;
import java.util.Arrays;

/**
 * Counts what happened within the last second.
 *
 * <p>Not thread-safe.
 */
final class Recent {

  private static final int SLOTS = 8;
  private static final long SLOT_NANOS = Duration.ofSeconds(1).toNanos() / SLOTS;

  private final int[] counts = new int[SLOTS];
  private long slot;
  private int sum;

  void add(long now) {
    forget(now);
    counts[(int) Math.floorMod(slot, (long) SLOTS)]++;
    sum++;
  }

  int count(long now) {
    forget(now);
    return sum;
  }

  private void forget(long now) {
    long current = Math.floorDiv(now, SLOT_NANOS);
    if (current - slot >= SLOTS || current < slot) {
      Arrays.fill(counts, 0);
      sum = 0;
      slot = current;
    }
    while (slot < current) {
      slot++;
      int index = (int) Math.floorMod(slot, (long) SLOTS);
      sum -= counts[index];
      counts[index] = 0;
    }
  }
}
