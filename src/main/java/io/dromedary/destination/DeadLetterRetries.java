package io.dromedary.destination;

import io.dromedary.delivery.Destination;
import org.apache.camel.Exchange;

/** Decides whether a dead letter is sent to the dead letter endpoint again. Thread-safe. */
public final class DeadLetterRetries {

  /** About an hour: after the first few, retries are a minute apart. */
  private static final int MOST = 65;

  private final Destination destination;

  DeadLetterRetries(Destination destination) {
    this.destination = destination;
  }

  /**
   * Returns whether to try again. While the destination stops, the answer is no: waits are cut
   * short then, so all remaining retries would follow at once.
   */
  public boolean isToldAgain(Exchange exchange) {
    int repeated = exchange.getIn().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
    return repeated < MOST && !destination.isStopping();
  }
}
