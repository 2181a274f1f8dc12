package io.dromedary.delivery;

import java.time.Duration;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Decides what follows a failed round. If the wait is short and there is room, the round is
 * redelivered from memory. Otherwise its events are parked in the outbox or given up. Thread-safe.
 *
 * <p>Camel calls the processor on each failure, before it asks whether to redeliver the round.
 */
public final class RetryDecision implements Processor {

  private static final String LAST = "the retry window closes then";

  private final Destination destination;
  private final Round round;
  private final long holdNanos;

  public RetryDecision(Destination destination, Round round) {
    this.destination = destination;
    this.round = round;
    this.holdNanos = Round.holdNanos(destination.settings());
  }

  @Override
  public void process(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Delivery delivery = exchange.getProperty(Delivery.PROPERTY, Delivery.class);
    if (failure == null || delivery == null) {
      return;
    }
    try {
      round.failed(delivery, failure);
    } catch (Error e) {
      throw failed(e);
    }
  }

  /** Returns whether the round is redelivered from memory, and sets the wait until then. */
  public boolean isRedelivered(Exchange exchange) {
    try {
      return decide(exchange);
    } catch (Error e) {
      throw failed(e);
    }
  }

  /** Camel's error handler lets an exchange fail only by exceptions. */
  private static IllegalStateException failed(Error error) {
    return new IllegalStateException("It cannot be decided when to try again", error);
  }

  private boolean decide(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    Instant now = destination.clock().instant();
    // A failure after the last acceptance is no reason to send again or to give up.
    if (destination.isStopping()
        || delivery.isRejectedBatch()
        || delivery.isDone(destination.settings().acks())) {
      delivery.park(now);
      destination.history().decided(delivery, now, why(delivery));
      return false;
    }
    if (!delivery.states().isPending()) {
      return false;
    }
    Instant next =
        destination.schedule().next(delivery, now, delivery.acceptedAt(), destination.webhooks());
    if (next == null) {
      return false;
    }
    // Rounded up, so that the attempt is not before the instant that the receiver asked for. The
    // last attempt is rounded down, so that it is not after the window.
    boolean isLast = next.equals(destination.schedule().windowEnd(delivery.acceptedAt()));
    long waitMillis = Math.max(1, Duration.between(now, next).toMillis() + (isLast ? 0 : 1));
    Instant due = now.plusMillis(waitMillis);
    destination.history().decided(delivery, due, isLast ? LAST : because(delivery, now, due));
    if (!waitsInMemory(delivery, waitMillis)) {
      delivery.park(due);
      return false;
    }
    round.expect(delivery, Duration.ofMillis(waitMillis));
    exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, waitMillis);
    return true;
  }

  private String why(Delivery delivery) {
    if (destination.isStopping()) {
      return "the process stops";
    }
    return delivery.isRejectedBatch()
        ? "each event of the batch is sent by itself"
        : "something has failed behind the answer";
  }

  /** Returns the reason for the time of the next attempt. */
  private String because(Delivery delivery, Instant now, Instant due) {
    if (delivery.states().waitsForClosed(destination.webhooks())) {
      return "the webhook is down, or asked to be left alone";
    }
    Instant notBefore = delivery.states().notBefore(now, destination.webhooks());
    return notBefore != null && !notBefore.isBefore(due.minusMillis(2))
        ? "the receiver asked for it, by Retry-After"
        : "the retry schedule";
  }

  /** Returns whether the events wait in memory. If so, they no longer count as in flight. */
  private boolean waitsInMemory(Delivery delivery, long waitMillis) {
    if (waitMillis > destination.settings().inMemory().toMillis()
        // When webhooks reopen, the outbox makes events due. Events in memory would go on waiting.
        || delivery.states().waitsForClosed(destination.webhooks())) {
      return false;
    }
    long needNanos = Duration.ofMillis(waitMillis).toNanos() + holdNanos;
    return delivery.claims().isHeldFor(needNanos) && delivery.claims().pause();
  }
}
