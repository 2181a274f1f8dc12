package io.dromedary.delivery;

import io.dromedary.outbox.Claim;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** Gathers events into a list, until it is as long as a body may be. */
final class BatchStrategy implements AggregationStrategy {

  /**
   * From how many bytes a batch is complete, whatever its size is: a further event, of at most 32
   * KiB and what its completion adds, keeps the body below Segment's limit of 500 KB.
   */
  static final int FULL_BYTES = 400 * 1024;

  private static final String BYTES = "DromedaryBatchBytes";

  @Override
  public Exchange aggregate(@Nullable Exchange batch, Exchange next) {
    Delivery delivery = next.getProperty(Destination.DELIVERY, Delivery.class);
    int length = delivery.body().length + 1;
    // An event is done when its batch is.
    for (Claim claim : delivery.claims()) {
      claim.handOver(batch == null ? next : batch);
    }
    if (batch == null) {
      List<Delivery> deliveries = new ArrayList<>();
      deliveries.add(delivery);
      next.getMessage().setBody(deliveries);
      next.setProperty(BYTES, length);
      return next;
    }
    @SuppressWarnings("unchecked") // It is the list of the branch above.
    List<Delivery> deliveries = (List<Delivery>) batch.getMessage().getBody();
    deliveries.add(delivery);
    batch.setProperty(BYTES, bytes(batch) + length);
    return batch;
  }

  /** Turns a batch that is complete into one delivery. */
  static void deliver(Exchange batch) {
    @SuppressWarnings("unchecked") // It is the list of aggregate.
    List<Delivery> deliveries = (List<Delivery>) batch.getMessage().getBody();
    batch.setProperty(Destination.DELIVERY, Delivery.of(deliveries));
  }

  /** Whether a batch should be sent although it has fewer events than it may have. */
  static boolean isFull(Exchange batch) {
    return bytes(batch) >= FULL_BYTES;
  }

  private static int bytes(Exchange batch) {
    return batch.getProperty(BYTES, 0, Integer.class);
  }
}
