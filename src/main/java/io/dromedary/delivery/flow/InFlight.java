package io.dromedary.delivery.flow;

import org.jspecify.annotations.Nullable;

/**
 * The attempts in flight of one kind, in the order in which they began. Those that take far longer
 * than others do are counted apart, so that a few events that are never answered do not take the
 * room of all.
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
   * Counts attempts that began before {@code instant} as hanging, as many as there may be. Returns
   * how many those are.
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

  /** How long after {@code instant} the oldest began that may come to hang. */
  long nanosUntilOldest(long instant) {
    return oldest == null || hanging >= mostHanging
        ? Long.MAX_VALUE
        : Math.max(1, oldest.startNanos - instant);
  }

  /** Attempts in flight without those that hang. */
  int counted() {
    return counted;
  }

  int hanging() {
    return hanging;
  }

  /** Whether as many hang as may be, so that more would be counted. */
  boolean isFull() {
    return hanging >= mostHanging;
  }
}
