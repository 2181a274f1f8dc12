package io.dromedary.outbox;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how many events of a destination may run in exchanges, be in flight and be held in memory.
 * Thread-safe.
 */
final class InFlightLimit {

  private static final Logger LOG = LoggerFactory.getLogger(InFlightLimit.class);

  /** How many events all destinations together hold ready, beyond those that may run. */
  private static final int MOST_READY = 4096;

  /** Events held ready: this many times those that may run, or those that ended in a second. */
  private static final int READY = 4;

  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final Outbox outbox;
  private final String destination;
  private final int inFlight;
  private final IntSupplier moment;
  private final LongAdder ended = new LongAdder();
  private volatile @Nullable String failure;

  // These three are written only under the monitor.
  private volatile long secondSinceNanos = System.nanoTime();

  private long endedBefore;
  private volatile int endedInSecond;

  InFlightLimit(Outbox outbox, String destination, int inFlight, @Nullable IntSupplier moment) {
    this.outbox = outbox;
    this.destination = destination;
    this.inFlight = inFlight;
    this.moment = moment == null ? () -> inFlight : moment;
  }

  /** The number of exchanges that may run now. */
  int now() {
    try {
      int now = moment.getAsInt();
      if (failure != null) {
        failure = null;
      }
      return (int) Math.min(now, 2L * inFlight);
    } catch (RuntimeException | Error e) {
      // The limit is code of a host. It must end neither the poller nor the store's writer.
      String why = "the limit of destination " + destination + " fails: " + e;
      if (failure == null) {
        LOG.error("Destination {} is paused: its limit fails", destination, e);
      }
      failure = why;
      return 0;
    }
  }

  /**
   * The number of events that may be in flight while {@code now} exchanges may run. Events whose
   * settlement is being committed count as well. They always find room: otherwise events that hang
   * would make the others wait for the disk.
   */
  int mostInFlight(int now) {
    long withSettled = Math.max(inFlight, now + inFlight / 2L);
    return now <= 0 ? 0 : (int) Math.min(2L * inFlight, withSettled);
  }

  /** Counts an exchange that has ended. */
  void ended() {
    ended.increment();
    if (System.nanoTime() - secondSinceNanos >= SECOND_NANOS) {
      count();
    }
  }

  private synchronized void count() {
    long now = System.nanoTime();
    double seconds = (double) (now - secondSinceNanos) / SECOND_NANOS;
    if (seconds >= 1) {
      long sum = ended.sum();
      endedInSecond = (int) Math.min(MOST_READY, (sum - endedBefore) / seconds);
      endedBefore = sum;
      secondSinceNanos = now;
    }
  }

  /** Whether so many events are in flight that no waiting retry may resume. */
  boolean isExceeded(int started) {
    return started >= 2L * inFlight;
  }

  /** The number of events that may be held in memory while {@code now} exchanges may run. */
  int held(int now) {
    long wanted = Math.max((long) READY * now, endedInSecond);
    long ready = Math.min(MOST_READY / Math.max(1, outbox.listeners().size()), wanted);
    return now <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, now + ready);
  }

  /** Why the limit is 0 although it should not be, or null if it works. */
  @Nullable String failure() {
    return failure;
  }
}
