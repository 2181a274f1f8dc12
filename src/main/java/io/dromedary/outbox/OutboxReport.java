package io.dromedary.outbox;

import io.dromedary.outbox.DeadLetter.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the store without waiting for it: figures that are five seconds old at the most
 * while it answers, and what has been counted since the process started. Thread-safe.
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

  /** What may be shown of where the events are. */
  public String shown() {
    return outbox.settings().shown();
  }

  /** Whether events outlive the process. */
  public boolean isDurable() {
    return outbox.isDurable();
  }

  /** What the store takes, in bytes; null: not known. */
  public @Nullable Long sizeBytes() {
    double bytes = outbox.figures().sizeBytes();
    return Double.isNaN(bytes) ? null : (long) bytes;
  }

  /**
   * How many events of a destination are not done; null: not known.
   *
   * <p>No more than {@value StoreFigures#MOST_COUNTED} are counted.
   */
  public @Nullable Long waiting(String destination) {
    Backlog backlog = outbox.backlog(destination);
    return backlog == null ? null : backlog.events();
  }

  /** Whether there may be more events than are counted. */
  public static boolean isMost(long waiting) {
    return waiting >= StoreFigures.MOST_COUNTED;
  }

  /**
   * How long ago the oldest event of a destination that is not done was accepted; null: unknown.
   */
  public @Nullable Duration oldest(String destination) {
    Backlog backlog = outbox.backlog(destination);
    return backlog == null ? null : backlog.oldest();
  }

  /** How many events of a destination have been stored since the start. */
  public long accepted(String destination) {
    return outbox.counts().accepted(destination).sum();
  }

  /** How many events of a destination have been given up since the start, by the reason. */
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
