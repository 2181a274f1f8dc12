package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.HeapShare;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Bounds the memory of events that wait to be stored, by an eighth of the heap. Thread-safe. */
final class AppendBudget {

  private static final long WAIT_MILLIS = 1000;

  private final int mostKib = (int) Math.min(1 << 20, HeapShare.APPENDS.bytes() / 1024);
  private final Semaphore free = new Semaphore(mostKib, true);

  /**
   * Takes room, for which it waits up to a second. Something larger than all the room takes all.
   *
   * @return how much was taken, in KiB, to be given to {@link #release}
   * @throws OutboxException if there is none in time
   */
  int acquire(long bytes) throws OutboxException {
    int kib = (int) Math.min(mostKib, bytes / 1024 + 1);
    try {
      if (!free.tryAcquire(kib, WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new OutboxException("more waits to be stored than there is room for");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutboxException("interrupted while waiting for room", e);
    }
    return kib;
  }

  /** Gives room back. */
  void release(int kib) {
    free.release(kib);
  }
}
