package io.dromedary.event;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Memory for requests while they are read and stored: of a few bytes that are sent may become
 * megabytes, unpacked, or with the context of their batch in each event. Requests that become long
 * leave a quarter to those that do not. Thread-safe.
 */
final class ReadingBudget {

  /** A text, what is read of it, and its events. */
  static final int COPIES = 4;

  private static final long WAIT_MILLIS = 1000;

  /** Each holds up a thread of the server, which has twenty for all requests. */
  private static final int MOST_WAITING = 4;

  private static final String READING = "DromedaryReading";

  private final AtomicInteger waiting = new AtomicInteger();
  private final int mostKib;

  /** Of the memory, what no long request gets, and twice what a request takes that is not long. */
  private final int reservedKib;

  private final Semaphore leftKib;

  /** Room for so much in all. */
  ReadingBudget(long bytes) {
    this.mostKib = (int) Math.min(Integer.MAX_VALUE, Math.max(1, bytes / 1024));
    this.reservedKib = mostKib / 4;
    this.leftKib = new Semaphore(mostKib);
  }

  /** What a request takes, until it is answered or its exchange is done. */
  Reading open(Exchange exchange) {
    Reading reading = new Reading();
    exchange.setProperty(READING, reading);
    exchange.getExchangeExtension().addOnCompletion(reading);
    return reading;
  }

  /** A request is answered; where the answer cannot be sent, Camel calls no completion. */
  static void answered(Exchange exchange) {
    Reading reading = exchange.getProperty(READING, Reading.class);
    if (reading != null) {
      reading.onDone(exchange);
    }
  }

  /** There is not enough memory now for what a request has become. */
  static final class NoRoomException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NoRoomException() {
      super("more requests are being read than there is memory for");
    }
  }

  /** What one request takes. Not thread-safe. */
  final class Reading extends SynchronizationAdapter {

    private long bytes;
    private int kib;

    /** It has a text of at most so many bytes. */
    void text(int length) {
      bytes = (long) COPIES * length;
      resize();
    }

    /** Its events take so many more. */
    void more(long length) {
      bytes += length;
      resize();
    }

    private void resize() {
      // One that would take more than there is, alone, gets all that long ones may have.
      int next = (int) Math.min(mostKib - reservedKib, (bytes + 1023) / 1024);
      int left = next > reservedKib / 2 ? reservedKib : 0;
      if (next > kib) {
        if (!acquire(next - kib + left)) {
          throw new NoRoomException();
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
