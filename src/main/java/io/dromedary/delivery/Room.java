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

  /** Takes room for new events; waits while there is none, which holds back the queue. */
  synchronized void enter(int events) throws InterruptedException {
    while (taken >= bound) {
      wait();
    }
    taken += events;
  }

  /** Takes room for events if there is any, without waiting for it. */
  synchronized boolean tryEnter(int events) {
    if (taken + events > bound) {
      return false;
    }
    taken += events;
    return true;
  }

  /** Takes room for events that were in memory before. */
  synchronized void keep(int events) {
    taken += events;
  }

  /** Gives room back. */
  synchronized void leave(int events) {
    taken -= events;
    notifyAll();
  }

  synchronized int taken() {
    return taken;
  }
}
