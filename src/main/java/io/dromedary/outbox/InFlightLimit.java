package io.dromedary.outbox;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many events of a destination may run, be in flight and be held. Thread-safe. */
final class InFlightLimit {

  private static final Logger LOG = LoggerFactory.getLogger(InFlightLimit.class);

  /** How many are held ready beyond what may be in flight, of all destinations together. */
  private static final int MOST_READY = 4096;

  /** So many times as much as may run is held ready, or as much as has ended in a second. */
  private static final int READY = 4;

  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final Outbox outbox;
  private final String destination;
  private final int inFlight;
  private final IntSupplier moment;
  private final LongAdder ended = new LongAdder();
  private volatile @Nullable String failure;

  /** Written by who has the monitor, as the next. */
  private volatile long secondSinceNanos = System.nanoTime();

  private long endedBefore;
  private volatile int endedInSecond;

  InFlightLimit(Outbox outbox, String destination, int inFlight, @Nullable IntSupplier moment) {
    this.outbox = outbox;
    this.destination = destination;
    this.inFlight = inFlight;
    this.moment = moment == null ? () -> inFlight : moment;
  }

  /** How many events may be on their way in exchanges now. */
  int now() {
    try {
      int now = moment.getAsInt();
      if (failure != null) {
        failure = null;
      }
      return (int) Math.min(now, 2L * inFlight);
    } catch (RuntimeException | Error e) {
      // It is somebody else's code: neither the poller nor the store's writer may end by it.
      String why = "the limit of destination " + destination + " fails: " + e;
      if (failure == null) {
        LOG.error("Destination {} is paused: its limit fails", destination, e);
      }
      failure = why;
      return 0;
    }
  }

  /**
   * How many may be in flight while so many may run: those whose settlement is on its way, too.
   * There is always room for these, or else what hangs would have others wait for the disk.
   */
  int mostInFlight(int now) {
    long withSettled = Math.max(inFlight, now + inFlight / 2L);
    return now <= 0 ? 0 : (int) Math.min(2L * inFlight, withSettled);
  }

  /** An exchange has ended. */
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

  /** Whether so many are in flight that none that has waited may be any more. */
  boolean isExceeded(int started) {
    return started >= 2L * inFlight;
  }

  /** How many events may be held while so many may run. */
  int held(int now) {
    long wanted = Math.max((long) READY * now, endedInSecond);
    long ready = Math.min(MOST_READY / Math.max(1, outbox.takers()), wanted);
    return now <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, now + ready);
  }

  /** Why nothing may be in flight although it should, or null. */
  @Nullable String failure() {
    return failure;
  }
}
