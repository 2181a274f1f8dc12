package io.dromedary.delivery;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Gathers events that are pending at the same webhooks into a list, until it is as long as a body
 * may be. Thread-safe.
 */
public final class Batching implements AggregationStrategy, Predicate {

  /** Segment's limit of a body: 500 KB. */
  static final int MOST_BYTES = 500_000;

  /** From how many bytes a batch is complete, whatever its size is. */
  static final int FULL_BYTES = 400 * 1024;

  /** The longest event that a batch which is not complete has room for, with its punctuation. */
  private static final int MOST_EVENT_BYTES = MOST_BYTES - FULL_BYTES - 2;

  private static final String BYTES = "DromedaryBatchBytes";

  private final Destination destination;

  Batching(Destination destination) {
    this.destination = destination;
  }

  /**
   * Whether the event is to be delivered by itself, because a batch with it was rejected or might
   * become longer than a body may be.
   */
  public boolean isAlone(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    return delivery.isAlone() || delivery.body().length > MOST_EVENT_BYTES;
  }

  /** Events that may share a batch have the same: the webhooks at which they are pending. */
  public int key(Exchange exchange) {
    return Delivery.of(exchange).states().pending();
  }

  @Override
  public Exchange aggregate(@Nullable Exchange batch, Exchange next) {
    Delivery delivery = Delivery.of(next);
    int length = delivery.body().length + 1;
    if (batch == null) {
      next.getMessage().setBody(new ArrayList<Delivery>());
    }
    Exchange gathered = batch == null ? next : batch;
    gathered.setProperty(BYTES, bytes(gathered) + length);
    deliveries(gathered).add(delivery);
    // An event is done when its batch is. At last, or one that failed before would be done with a
    // batch that it is not in.
    delivery.claims().forEach(claim -> claim.handOver(gathered));
    return gathered;
  }

  @SuppressWarnings("unchecked") // It is the list of aggregate.
  private static List<Delivery> deliveries(Exchange batch) {
    return (List<Delivery>) batch.getMessage().getBody();
  }

  /**
   * Whether a batch is sent although it has fewer events than it may have. While the process stops
   * every one is: an event that left the outbox after the aggregator's last batch would be lost.
   */
  @Override
  public boolean matches(Exchange batch) {
    return destination.isStopping() || bytes(batch) >= FULL_BYTES;
  }

  private static int bytes(Exchange batch) {
    return batch.getProperty(BYTES, 0, Integer.class);
  }

  /** Turns a batch that is complete into one delivery. */
  public void deliver(Exchange batch) {
    batch.setProperty(Delivery.PROPERTY, Delivery.of(deliveries(batch)));
  }
}
