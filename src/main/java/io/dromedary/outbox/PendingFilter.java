package io.dromedary.outbox;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which pending events are meant.
 *
 * @param event what they are like, and when they were accepted
 * @param delivery what their delivery has come to, which the store does not know
 * @param replay the number of the replay that they come from; null: wherever they come from
 */
public record PendingFilter(
    EventFilter event, Predicate<PendingEvent> delivery, @Nullable Long replay) {

  /** All pending events. */
  public static final PendingFilter ALL = new PendingFilter(EventFilter.ALL, pending -> true);

  /** Those that come from anywhere. */
  public PendingFilter(EventFilter event, Predicate<PendingEvent> delivery) {
    this(event, delivery, null);
  }

  boolean includes(PendingEvent pending) {
    return event.isOfUser(pending.event().body()) && delivery.test(pending);
  }
}
