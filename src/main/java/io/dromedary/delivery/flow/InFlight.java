package io.dromedary.delivery.flow;

import org.jspecify.annotations.Nullable;

/**
 * Tracks the attempts in flight of one lane in the order in which they began. Attempts that take
 * far longer than others are counted separately, so that a few events that are never answered do
 * not use up the limit.
 *
 * <p>Not thread-safe.
 */
final class InFlight {

  private final int mostHanging;
  private @Nullable Permit oldest;
  private @Nullable Permit newest;
  private int counted;
  private int hanging;

  InFlight(int mostHanging) {
    this.mostHanging = mostHanging;
  }

  void add(Permit permit) {
    permit.before = newest;
    if (newest == null) {
      oldest = permit;
    } else {
      newest.after = permit;
    }
    newest = permit;
    counted++;
  }

  void remove(Permit permit) {
    if (permit.isHanging) {
      hanging--;
    } else {
      unlink(permit);
    }
  }

  private void unlink(Permit permit) {
    if (permit.before == null) {
      oldest = permit.after;
    } else {
      permit.before.after = permit.after;
    }
    if (permit.after == null) {
      newest = permit.before;
    } else {
      permit.after.before = permit.before;
    }
    permit.before = null;
    permit.after = null;
    counted--;
  }

  /**
   * Marks attempts that began before {@code instant} as hanging, up to the maximum. Returns how
   * many were marked.
   */
  int hangBefore(long instant) {
    int before = hanging;
    Permit next = oldest;
    while (next != null && next.startNanos - instant < 0 && hanging < mostHanging) {
      unlink(next);
      next.isHanging = true;
      hanging++;
      next = oldest;
    }
    return hanging - before;
  }

  /** Returns how long after {@code instant} the oldest attempt that can still be marked began. */
  long nanosUntilOldest(long instant) {
    return oldest == null || hanging >= mostHanging
        ? Long.MAX_VALUE
        : Math.max(1, oldest.startNanos - instant);
  }

  /** Returns the number of attempts in flight, without those that hang. */
  int counted() {
    return counted;
  }

  int hanging() {
    return hanging;
  }

  /** Returns whether the maximum number of attempts hangs, so that further ones stay counted. */
  boolean isFull() {
    return hanging >= mostHanging;
  }
}
