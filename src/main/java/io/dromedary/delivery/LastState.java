package io.dromedary.delivery;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of an event's delivery when it is given up, from which its dead letter is made.
 *
 * @param webhooks the destination's webhooks; empty if this process does not know the destination
 * @param states the state of each webhook
 */
public record LastState(
    List<Webhook> webhooks,
    WebhookStates states,
    @Nullable Integer lastStatus,
    @Nullable Instant firstAttemptAt,
    @Nullable Instant lastAttemptAt) {

  /** Returns the state of a delivery that ends. */
  public static LastState of(Delivery delivery, List<Webhook> webhooks) {
    return new LastState(
        webhooks,
        delivery.states(),
        delivery.lastStatus(),
        delivery.firstAttemptAt(),
        delivery.lastAttemptAt());
  }

  /** Returns the state of an event that waits in the outbox, given its stored progress. */
  public static LastState of(@Nullable String progress, List<Webhook> webhooks) {
    Progress read = Progress.read(progress);
    return new LastState(
        webhooks, read.restore(webhooks), read.lastStatus, read.firstAttemptAt, read.lastAttemptAt);
  }

  /**
   * Creates the event's dead letter.
   *
   * @param event the event, with the number of its attempts
   * @param why the beginning of the detail; the reasons of the webhooks are appended, unless the
   *     transform failed
   */
  public DeadLetter deadLetter(
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
