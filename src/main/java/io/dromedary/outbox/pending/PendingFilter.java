package io.dromedary.outbox.pending;

import io.dromedary.outbox.store.EventFilter;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Selects pending events.
 *
 * @param event criteria for the event, with the instants of its acceptance
 * @param delivery a criterion for the progress of its delivery, which the database cannot check
 * @param replay the number of the replay that the event comes from; null selects any event
 */
public record PendingFilter(
    EventFilter event, Predicate<PendingEvent> delivery, @Nullable Long replay) {

  /** All pending events. */
  public static final PendingFilter ALL = new PendingFilter(EventFilter.ALL, pending -> true);

  /** Selects events of any origin. */
  public PendingFilter(EventFilter event, Predicate<PendingEvent> delivery) {
    this(event, delivery, null);
  }

  boolean includes(PendingEvent pending) {
    return event.isOfUser(pending.event().body()) && delivery.test(pending);
  }
}
