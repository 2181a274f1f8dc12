package io.dromedary.outbox;

import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many events of a destination may be in flight and held at the moment. Thread-safe. */
final class InFlightLimit {

  private static final Logger LOG = LoggerFactory.getLogger(InFlightLimit.class);

  /** How many are held ready beyond what may be in flight, of all destinations together. */
  private static final int MOST_READY = 4096;

  /** Beyond what may be in flight, so many times as much is held ready. */
  private static final int READY = 4;

  private final Outbox outbox;
  private final String destination;
  private final int inFlight;
  private final IntSupplier moment;
  private volatile @Nullable String failure;

  InFlightLimit(Outbox outbox, String destination, int inFlight, @Nullable IntSupplier moment) {
    this.outbox = outbox;
    this.destination = destination;
    this.inFlight = inFlight;
    this.moment = moment == null ? () -> inFlight : moment;
  }

  /** How many events may be in flight now. */
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

  /** Whether an event that has waited has to wait again, with so many in flight. */
  boolean isExceeded(int started) {
    return started > 2L * inFlight;
  }

  /** How many events may be held while so many may be in flight. */
  int held(int now) {
    long ready = Math.min(MOST_READY / Math.max(1, outbox.takers()), (long) READY * now);
    return now <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, now + ready);
  }

  /** Why nothing may be in flight although it should, or null. */
  @Nullable String failure() {
    return failure;
  }
}
