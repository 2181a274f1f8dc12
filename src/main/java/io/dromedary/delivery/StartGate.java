package io.dromedary.delivery;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps rounds from beginning while the HTTP client's I/O threads are behind: while requests wait
 * to be written. What begins then is not sent any sooner; it only makes the I/O threads go round
 * more connections at a time, which then no longer fit into a processor's caches.
 *
 * <p>How long receivers take does not matter, as a request that is written no longer counts. Nor
 * does one that still waits at the next look at the gate: it waits for its connection.
 *
 * <p>Thread-safe.
 */
final class StartGate {

  private final int most;
  private final AtomicInteger unwritten = new AtomicInteger();

  /** How many looks there were: what has begun before the last is not in the count. */
  private final AtomicInteger looks = new AtomicInteger();

  private volatile Runnable whenOpen = () -> {};

  /**
   * A gate that is open.
   *
   * @param most requests that wait to be written
   */
  StartGate(int most) {
    this.most = most;
  }

  /** What is called, on an I/O thread, when rounds may begin again. */
  void whenOpen(Runnable task) {
    whenOpen = task;
  }

  boolean isOpen() {
    return unwritten.get() < most;
  }

  /** A request is to be written. Returns by which {@link #written} knows when that was. */
  int begun() {
    unwritten.incrementAndGet();
    return looks.get();
  }

  /** The request has been written, or will not be. To be called once. */
  void written(int begun) {
    // Not for each: whoever is woken should have several rounds to begin.
    if (begun == looks.get() && unwritten.decrementAndGet() <= most - most / 4) {
      whenOpen.run();
    }
  }

  /**
   * Forgets what has begun. Has to be called every few milliseconds, much longer than I/O threads
   * take for all that the gate lets through. One that begins meanwhile may be counted wrongly,
   * until the next look.
   */
  void look() {
    looks.incrementAndGet();
    unwritten.set(0);
  }
}
