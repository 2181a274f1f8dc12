package io.dromedary.delivery;

import java.time.Duration;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Decides what becomes of a round that has failed: redelivered from memory, where the wait is short
 * and there is room, parked in the outbox, or given up. Thread-safe.
 *
 * <p>As a processor it hears of each failure, before it is asked whether Camel is to redeliver the
 * round.
 */
public final class RetryDecision implements Processor {

  private static final String LAST = "the retry window closes then";

  private final Destination destination;
  private final Round round;
  private final long holdNanos;

  RetryDecision(Destination destination, Round round) {
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

  /** Whether the round is to be redelivered from memory; sets the wait until then. */
  public boolean isRedelivered(Exchange exchange) {
    try {
      return decide(exchange);
    } catch (Error e) {
      throw failed(e);
    }
  }

  /** Camel's error handler makes the exchange fail by exceptions only. */
  private static IllegalStateException failed(Error error) {
    return new IllegalStateException("It cannot be decided when to try again", error);
  }

  private boolean decide(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    Instant now = destination.clock().instant();
    // What has failed behind the last acceptance is no reason to send again, or to give up.
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
    // A fraction of a millisecond too early would be before what the receiver asked for; too late,
    // and the last attempt would be after the window.
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

  /** Why the next attempt is then and not before. */
  private String because(Delivery delivery, Instant now, Instant due) {
    if (delivery.states().waitsForClosed(destination.webhooks())) {
      return "the webhook is down, or asked to be left alone";
    }
    Instant notBefore = delivery.states().notBefore(now, destination.webhooks());
    return notBefore != null && !notBefore.isBefore(due.minusMillis(2))
        ? "the receiver asked for it, by Retry-After"
        : "the retry schedule";
  }

  /** Whether events wait in memory; if so they no longer count as in flight. */
  private boolean waitsInMemory(Delivery delivery, long waitMillis) {
    if (waitMillis > destination.settings().inMemory().toMillis()
        // The outbox hears when the webhooks are back; who waits in memory does not.
        || delivery.states().waitsForClosed(destination.webhooks())) {
      return false;
    }
    long needNanos = Duration.ofMillis(waitMillis).toNanos() + holdNanos;
    return delivery.isHeldFor(needNanos) && delivery.pause();
  }
}
