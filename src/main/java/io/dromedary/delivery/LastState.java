package io.dromedary.delivery;

import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.OutboxEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the delivery of an event had come to when the event was given up, of which its dead letter
 * is made.
 *
 * @param webhooks those of the destination; none where the destination is not known here
 * @param states what each webhook has made of the event
 */
record LastState(
    List<Webhook> webhooks,
    WebhookStates states,
    @Nullable Integer lastStatus,
    @Nullable Instant firstAttemptAt,
    @Nullable Instant lastAttemptAt) {

  /** That of a delivery that ends. */
  static LastState of(Delivery delivery, List<Webhook> webhooks) {
    return new LastState(
        webhooks,
        delivery.states(),
        delivery.lastStatus(),
        delivery.firstAttemptAt(),
        delivery.lastAttemptAt());
  }

  /** That of an event which waits in the outbox, with the progress of its delivery. */
  static LastState of(@Nullable String progress, List<Webhook> webhooks) {
    Progress read = Progress.read(progress);
    return new LastState(
        webhooks, read.restore(webhooks), read.lastStatus, read.firstAttemptAt, read.lastAttemptAt);
  }

  /**
   * The dead letter of the event.
   *
   * @param event with the number of its attempts
   * @param why what the detail begins with; behind it stands the reason of each webhook, unless it
   *     is the transform that failed
   */
  DeadLetter deadLetter(
      long id, String destination, OutboxEvent event, Reason reason, String why, Instant now) {
    return new DeadLetter(
        id,
        destination,
        event,
        reason,
        reason == Reason.TRANSFORM ? why : why + states.reasons(webhooks),
        lastStatus,
        firstAttemptAt,
        lastAttemptAt,
        now,
        webhooks.isEmpty() ? null : Progress.webhooks(states, webhooks));
  }
}
