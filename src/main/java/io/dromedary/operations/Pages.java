package io.dromedary.operations;

import io.dromedary.http.Refusal;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Makes one page of events at a time, because a page may take much memory. A request that has
 * waited for five seconds is refused with 503. Thread-safe.
 */
final class Pages {

  private static final int WAIT_SECONDS = 5;

  private final Semaphore free = new Semaphore(1);

  /** Makes a page. */
  interface Maker<E extends Exception> {
    String make() throws E;
  }

  /**
   * Makes a page once no other is being made.
   *
   * @throws RefusedException if that takes longer than five seconds
   */
  <E extends Exception> String make(Maker<E> maker) throws RefusedException, E {
    if (!isFree()) {
      throw new RefusedException(Refusal.ofServer(503));
    }
    try {
      return maker.make();
    } finally {
      free.release();
    }
  }

  private boolean isFree() {
    try {
      return free.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
