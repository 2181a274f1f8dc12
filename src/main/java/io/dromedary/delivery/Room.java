package io.dromedary.delivery;

/**
 * How many events a destination keeps in memory outside its queue, with a bound. Thread-safe:
 * guarded by this.
 */
final class Room {

  private final int bound;
  private int taken;

  Room(int bound) {
    this.bound = bound;
  }

  /** Takes room for events if there is any, without waiting for it. */
  synchronized boolean tryEnter(int events) {
    if (taken + events > bound) {
      return false;
    }
    taken += events;
    return true;
  }

  /** Gives room back. */
  synchronized void leave(int events) {
    taken -= events;
  }
}
