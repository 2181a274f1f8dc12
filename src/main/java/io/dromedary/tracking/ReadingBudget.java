package io.dromedary.tracking;

import io.dromedary.event.EventReader;
import io.dromedary.event.NotEnoughMemoryException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The memory budget for requests while they are read and stored. A few bytes may become megabytes
 * when they are decompressed, or when the context of a batch is copied into each of its events. A
 * quarter of the budget is reserved for short requests. Thread-safe.
 */
final class ReadingBudget {

  private static final long WAIT_MILLIS = 1000;

  /** The most requests that wait. Each blocks one of the server's twenty threads. */
  private static final int MOST_WAITING = 4;

  private static final String READING = "DromedaryReading";

  private final AtomicInteger waiting = new AtomicInteger();
  private final int mostKib;

  /** Reserved for short requests, which take at most half of this. */
  private final int reservedKib;

  private final Semaphore leftKib;

  /** Makes a budget of this many bytes. */
  ReadingBudget(long bytes) {
    this.mostKib = (int) Math.min(Integer.MAX_VALUE, Math.max(1, bytes / 1024));
    this.reservedKib = mostKib / 4;
    this.leftKib = new Semaphore(mostKib);
  }

  /**
   * Starts to count the memory of a request, which is returned when the request is answered or its
   * exchange is done.
   */
  Reading open(Exchange exchange) {
    Reading reading = new Reading();
    exchange.setProperty(READING, reading);
    exchange.getExchangeExtension().addOnCompletion(reading);
    return reading;
  }

  /**
   * Returns the memory of a request that is being answered. Camel does not call completions if the
   * response cannot be sent.
   */
  static void answered(Exchange exchange) {
    Reading reading = exchange.getProperty(READING, Reading.class);
    if (reading != null) {
      reading.onDone(exchange);
    }
  }

  /** The memory of one request. Not thread-safe. */
  final class Reading extends SynchronizationAdapter {

    private long bytes;
    private int kib;

    /**
     * Sets the memory to that for a text of at most {@code length} bytes. May wait for a second.
     *
     * @throws NotEnoughMemoryException if there is not enough memory
     */
    void text(int length) {
      bytes = (long) EventReader.COPIES * length;
      resize();
    }

    /**
     * Adds bytes by which the events are longer than the text. May wait for a second.
     *
     * @throws NotEnoughMemoryException if there is not enough memory
     */
    void more(long length) {
      bytes += length;
      resize();
    }

    private void resize() {
      // A request larger than the budget gets all that is not reserved.
      int next = (int) Math.min(mostKib - reservedKib, (bytes + 1023) / 1024);
      int left = next > reservedKib / 2 ? reservedKib : 0;
      if (next > kib) {
        if (!acquire(next - kib + left)) {
          throw new NotEnoughMemoryException();
        }
        leftKib.release(left);
      }
      leftKib.release(Math.max(0, kib - next));
      kib = next;
    }

    private boolean acquire(int more) {
      if (leftKib.tryAcquire(more)) {
        return true;
      }
      try {
        return waiting.incrementAndGet() <= MOST_WAITING
            && leftKib.tryAcquire(more, WAIT_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      } finally {
        waiting.decrementAndGet();
      }
    }

    @Override
    public void onDone(Exchange exchange) {
      leftKib.release(kib);
      kib = 0;
    }
  }
}
