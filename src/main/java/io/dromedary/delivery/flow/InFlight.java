package io.dromedary.delivery.flow;

import org.jspecify.annotations.Nullable;

/**
 * The attempts in flight, in the order in which they began. Those that take far longer than others
 * do are counted apart, so that a few events that are never answered do not take the room of all.
 *
 * <p>Not thread-safe.
 */
final class InFlight {

  private final int mostHanging;
  private @Nullable Permit oldest;
  private @Nullable Permit newest;
  private int counted;
  private int hanging;
  private int retries;

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
    if (permit.isRetry) {
      retries++;
    }
  }

  void remove(Permit permit) {
    if (permit.isHanging) {
      hanging--;
      return;
    }
    unlink(permit);
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
    if (permit.isRetry) {
      retries--;
    }
  }

  /** Counts attempts that began before {@code instant} as hanging, as many as there may be. */
  void hangBefore(long instant) {
    Permit next = oldest;
    while (next != null && next.startNanos - instant < 0 && hanging < mostHanging) {
      unlink(next);
      next.isHanging = true;
      hanging++;
      next = oldest;
    }
  }

  /** When the oldest attempt began that may come to hang; null if there is none. */
  @Nullable Long oldestStart() {
    return oldest == null || hanging >= mostHanging ? null : oldest.startNanos;
  }

  /** Attempts in flight without those that hang. */
  int counted() {
    return counted;
  }

  int hanging() {
    return hanging;
  }

  /** Those of {@link #counted} that are retries. */
  int retries() {
    return retries;
  }
}
