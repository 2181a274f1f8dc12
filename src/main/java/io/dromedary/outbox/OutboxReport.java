package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.StoreFigures;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Reports on the store without blocking: figures that are at most five seconds old as long as the
 * store answers, and counts since the process started. Thread-safe.
 */
public final class OutboxReport {

  private final Outbox outbox;

  private OutboxReport(Outbox outbox) {
    this.outbox = outbox;
  }

  /** The report of a context's outbox. */
  public static OutboxReport of(CamelContext context) {
    return new OutboxReport(context.getComponent("outbox", OutboxComponent.class).outbox());
  }

  /** Why the store does not work, or null if it does. */
  public @Nullable String failure() {
    return outbox.failure();
  }

  /** The location of the events, without secrets. */
  public String shown() {
    return outbox.settings().shown();
  }

  /** Whether events survive the end of the process. */
  public boolean isDurable() {
    return outbox.dialect().isDurable();
  }

  /** The size of the store in bytes, or null if it is unknown. */
  public @Nullable Long sizeBytes() {
    double bytes = outbox.figures().sizeBytes();
    return Double.isNaN(bytes) ? null : (long) bytes;
  }

  /**
   * The number of pending events of a destination, or null if it is unknown. No more than {@value
   * StoreFigures#MOST_COUNTED} are counted.
   */
  public @Nullable Long waiting(String destination) {
    Backlog backlog = outbox.backlog(destination);
    return backlog == null ? null : backlog.events();
  }

  /** Whether there may be more pending events than were counted. */
  public static boolean isMost(long waiting) {
    return waiting >= StoreFigures.MOST_COUNTED;
  }

  /**
   * The time since the oldest pending event of a destination was accepted, or null if it is
   * unknown.
   */
  public @Nullable Duration oldest(String destination) {
    Backlog backlog = outbox.backlog(destination);
    return backlog == null ? null : backlog.oldest();
  }

  /** The number of events of a destination stored since the start. */
  public long accepted(String destination) {
    return outbox.counts().accepted(destination).sum();
  }

  /** The number of events of a destination given up since the start, by reason. */
  public Map<Reason, Long> dead(String destination) {
    Map<Reason, Long> counts = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      long count = outbox.counts().dead(destination, reason).sum();
      if (count > 0) {
        counts.put(reason, count);
      }
    }
    return counts;
  }
}
