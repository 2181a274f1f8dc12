package io.dromedary.delivery;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Collects events that are pending at the same webhooks into batches, up to the maximum length of a
 * body. Thread-safe.
 */
public final class Batching implements AggregationStrategy, Predicate {

  /** Segment's limit of a body: 500 KB. */
  static final int MOST_BYTES = 500_000;

  /** From this length on a batch is complete, whatever its number of events. */
  static final int FULL_BYTES = 400 * 1024;

  /** The longest event, with its punctuation, that fits into any incomplete batch. */
  private static final int MOST_EVENT_BYTES = MOST_BYTES - FULL_BYTES - 2;

  private static final String BYTES = "DromedaryBatchBytes";

  private final Destination destination;

  public Batching(Destination destination) {
    this.destination = destination;
  }

  /**
   * Returns whether the event is delivered by itself, because a batch with it was rejected or it
   * could make a batch too long.
   */
  public boolean isAlone(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    return delivery.isAlone() || delivery.body().length > MOST_EVENT_BYTES;
  }

  /**
   * Returns the key of the batches that the event may join: the webhooks at which it is pending.
   */
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
    // Settles the event with its batch. This comes last: after an earlier failure the event would
    // be settled with a batch that does not contain it.
    delivery.claims().all().forEach(claim -> claim.handOver(gathered));
    return gathered;
  }

  @SuppressWarnings("unchecked") // The body was set in aggregate.
  private static List<Delivery> deliveries(Exchange batch) {
    return (List<Delivery>) batch.getMessage().getBody();
  }

  /**
   * Returns whether a batch is sent although it is not full. While the process stops every batch
   * is, because an event that arrived after the aggregator's last batch would be lost.
   */
  @Override
  public boolean matches(Exchange batch) {
    return destination.isStopping() || bytes(batch) >= FULL_BYTES;
  }

  private static int bytes(Exchange batch) {
    return batch.getProperty(BYTES, 0, Integer.class);
  }

  /** Turns a complete batch into one delivery. */
  public void deliver(Exchange batch) {
    batch.setProperty(Delivery.PROPERTY, Delivery.of(deliveries(batch)));
  }
}
