package io.dromedary.crash;

/** A 200 that a webhook has written whole. Thread-safe. */
final class Acceptance {

  private final int life;
  private final long arrivedNanos;
  private final long nanos = System.nanoTime();
  private volatile boolean read;

  /**
   * An acceptance now.
   *
   * @param life which of the processes so far had sent the event
   * @param arrivedNanos when the request had come, which may have waited for its answer
   */
  Acceptance(int life, long arrivedNanos) {
    this.life = life;
    this.arrivedNanos = arrivedNanos;
  }

  /** Whether its request had come before that of another. */
  boolean isOfEarlierRequest(Acceptance other) {
    return arrivedNanos - other.arrivedNanos < 0;
  }

  int life() {
    return life;
  }

  long nanos() {
    return nanos;
  }

  /** Notes that the sender has used the connection again, so it has read this answer in time. */
  void markRead() {
    read = true;
  }

  /** Whether the sender is known to have read it; if not, it may have ended the attempt before. */
  boolean isRead() {
    return read;
  }
}
