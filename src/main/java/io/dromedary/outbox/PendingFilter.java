package io.dromedary.outbox;

import java.util.function.Predicate;

/**
 * Which pending events are meant.
 *
 * @param event what they are like, and when they were accepted
 * @param delivery what their delivery has come to, which the store does not know
 */
public record PendingFilter(EventFilter event, Predicate<PendingEvent> delivery) {

  /** All pending events. */
  public static final PendingFilter ALL = new PendingFilter(EventFilter.ALL, pending -> true);

  boolean includes(PendingEvent pending) {
    return event.isOfUser(pending.event().body()) && delivery.test(pending);
  }
}
