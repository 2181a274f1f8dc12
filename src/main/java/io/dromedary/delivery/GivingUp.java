package io.dromedary.delivery;

import io.dromedary.event.Event;
import io.dromedary.history.AttemptRecord;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.Settlement;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Exchange;

/**
 * Settles events that are not redelivered from memory. They are parked in the outbox or become dead
 * letters. Thread-safe.
 */
public final class GivingUp {

  private final Destination destination;
  private final List<Webhook> webhooks;

  public GivingUp(Destination destination) {
    this.destination = destination;
    this.webhooks = destination.webhooks();
  }

  /** Returns whether the events go back to the outbox. */
  public boolean isParked(Exchange exchange) {
    return Delivery.of(exchange).parkedUntil() != null;
  }

  /** Parks the events in the outbox until they are due. */
  public void park(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    Instant until = delivery.parkedUntil();
    if (until == null) {
      return;
    }
    String progress = Progress.write(delivery, webhooks, delivery.isRejectedBatch());
    delivery.claims().park(until, delivery.attempts(), progress);
    destination.meters().parked.add(delivery.claims().size());
  }

  /** Gives the events up. They become dead letters in the outbox, which notifies its listeners. */
  public void giveUp(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    Reason reason =
        delivery.transformFailure() != null
            ? Reason.TRANSFORM
            : delivery.states().isPending() ? Reason.EXPIRED : Reason.REJECTED;
    Instant now = destination.clock().instant();
    for (int i = 0; i < delivery.events().size(); i++) {
      Claim claim = delivery.claims().get(i);
      if (reason == Reason.EXPIRED && parkYounger(delivery, i, claim, now)) {
        continue;
      }
      destination.history().decided(delivery, i, null, AttemptRecord.DEAD_LETTER + reason.json());
      destination.meters().dead.increment();
      DeadLetter letter = deadLetter(delivery, i, claim, reason, now);
      destination.deadLetterLog().add(letter);
      claim.settle(new Settlement.Dead(letter));
    }
    delivery.decided();
  }

  /** Parks an event of an expired batch if its own window is still open. */
  private boolean parkYounger(Delivery delivery, int index, Claim claim, Instant now) {
    Instant next =
        destination
            .schedule()
            .next(delivery, now, delivery.events().get(index).acceptedAt(), webhooks);
    if (next == null) {
      return false;
    }
    destination.history().decided(delivery, index, next, "the retry schedule");
    claim.settle(
        new Settlement.Parked(
            next, delivery.attempts(), Progress.write(delivery, webhooks, false)));
    destination.meters().parked.increment();
    return true;
  }

  private DeadLetter deadLetter(
      Delivery delivery, int index, Claim claim, Reason reason, Instant now) {
    Event event = delivery.events().get(index);
    String why =
        switch (reason) {
          case REJECTED -> "no webhook is left that might accept the event";
          case EXPIRED -> "the retry window has closed";
          case TRANSFORM -> "the transform failed: " + delivery.transformFailure();
          case INVALID, CANCELLED ->
              throw new IllegalArgumentException("an event that was sent is one");
        };
    OutboxEvent given =
        new OutboxEvent(
            event.messageId(),
            event.type().json(),
            event.acceptedAt(),
            event.json(),
            delivery.attempts(),
            null,
            claim.event().trace());
    return LastState.of(delivery, webhooks)
        .deadLetter(claim.id(), claim.destination(), given, reason, why, now);
  }
}
