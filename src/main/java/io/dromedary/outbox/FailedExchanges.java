package io.dromedary.outbox;

import io.dromedary.logging.Printable;
import io.dromedary.logging.RepeatedLines;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Clock;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of an event whose exchange has failed without a settlement of its own: it is
 * tried again after the endpoint's delay until the retry window closes, and then becomes a dead
 * letter. Thread-safe.
 */
final class FailedExchanges {

  private static final Logger LOG = LoggerFactory.getLogger(FailedExchanges.class);

  private final OutboxEndpoint endpoint;
  private final Clock clock;

  /** Limits log lines; the key is whether the event is tried again. */
  private final RepeatedLines<Boolean> lines = new RepeatedLines<>();

  FailedExchanges(OutboxEndpoint endpoint, Clock clock) {
    this.endpoint = endpoint;
    this.clock = clock;
  }

  /**
   * The settlement of a claim whose exchange has failed, which is logged unless that was lately.
   */
  Settlement settlement(Claim claim, Exchange exchange) {
    OutboxEvent event = claim.event();
    Instant now = clock.instant();
    String why = String.valueOf(exchange.getException());
    if (now.isBefore(event.acceptedAt().plus(endpoint.getRetryWindow()))) {
      long failures = lines.untold(true);
      if (failures > 0) {
        LOG.warn(
            "Destination {}: event {} is tried again in {}: {} ({} failures since this was last"
                + " said)",
            endpoint.getName(),
            Printable.id(event.messageId()),
            endpoint.getRetryDelay(),
            why,
            failures);
      }
      return new Settlement.Parked(
          now.plus(endpoint.getRetryDelay()), event.attempts() + 1, event.progress());
    }
    long dead = lines.untold(false);
    if (dead > 0) {
      LOG.error(
          "Destination {}: event {} is a dead letter, since the retry window has closed: {} ({}"
              + " since this was last said)",
          endpoint.getName(),
          Printable.id(event.messageId()),
          why,
          dead);
    }
    return new Settlement.Dead(
        new DeadLetter(
            claim.id(),
            endpoint.getName(),
            event,
            DeadLetter.Reason.EXPIRED,
            why,
            null,
            null,
            null,
            now,
            null));
  }
}
