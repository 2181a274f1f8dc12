package io.dromedary.delivery;

import io.dromedary.event.Event;
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
    Event event = next.getMessage().getBody(Event.class);
    int length = event.json().length + 1;
    if (batch == null) {
      List<Event> events = new ArrayList<>();
      events.add(event);
      next.getMessage().setBody(events);
      next.setProperty(BYTES, length);
      return next;
    }
    @SuppressWarnings("unchecked") // It is the list of the branch above.
    List<Event> events = (List<Event>) batch.getMessage().getBody();
    events.add(event);
    batch.setProperty(BYTES, bytes(batch) + length);
    return batch;
  }

  /** Whether a batch should be sent although it has fewer events than it may have. */
  static boolean isFull(Exchange batch) {
    return bytes(batch) >= FULL_BYTES;
  }

  private static int bytes(Exchange batch) {
    return batch.getProperty(BYTES, 0, Integer.class);
  }
}
