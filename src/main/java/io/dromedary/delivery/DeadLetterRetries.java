package io.dromedary.delivery;

import org.apache.camel.Exchange;

/** Decides how often telling of a dead letter is repeated. Thread-safe. */
public final class DeadLetterRetries {

  /** At a minute each, after the first few: about an hour. */
  private static final int MOST = 65;

  private final Destination destination;

  DeadLetterRetries(Destination destination) {
    this.destination = destination;
  }

  /**
   * Whether to try again. Not any more once the destination stops, when nothing waits for its time:
   * all that is left to try would follow at once.
   */
  public boolean isToldAgain(Exchange exchange) {
    int repeated = exchange.getIn().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
    return repeated < MOST && !destination.isStopping();
  }
}
