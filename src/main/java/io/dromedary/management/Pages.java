package io.dromedary.management;

import io.dromedary.http.Refusal;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Pages of events may be long: there is memory for one at a time. Thread-safe. */
final class Pages {

  private static final int WAIT_SECONDS = 5;

  private final Semaphore free = new Semaphore(1);

  /** Makes a page. */
  interface Maker<E extends Exception> {
    String make() throws E;
  }

  /** Makes a page when no other is made, or is refused. */
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
