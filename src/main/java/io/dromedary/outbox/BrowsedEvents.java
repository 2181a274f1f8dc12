package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.support.DefaultExchange;

/** Copies the pending events of an endpoint into exchanges, for Camel's tools to browse. */
final class BrowsedEvents {

  private BrowsedEvents() {}

  /**
   * Reads the oldest events.
   *
   * @param limit the most events to read; 0 means a full page
   */
  static List<Exchange> of(OutboxEndpoint endpoint, int limit) {
    EventFilter here = new EventFilter(endpoint.getName(), null, null, null, null, null, Set.of());
    int most = limit == 0 ? PendingEvents.MOST_LISTED : limit;
    try {
      List<Exchange> exchanges = new ArrayList<>();
      for (PendingEvent event :
          endpoint
              .outbox()
              .pendingEvents()
              .list(new PendingFilter(here, each -> true), 0, most, DeadLetters.PAGE_BYTES)
              .events()) {
        exchanges.add(exchange(endpoint, event));
      }
      return exchanges;
    } catch (OutboxException e) {
      throw new RuntimeCamelException("The outbox cannot be browsed: " + e.getMessage(), e);
    }
  }

  private static Exchange exchange(OutboxEndpoint endpoint, PendingEvent pending) {
    OutboxEvent event = pending.event();
    Exchange exchange = DefaultExchange.newFromEndpoint(endpoint);
    exchange.setExchangeId(Long.toString(pending.id()));
    Message message = exchange.getIn();
    message.setMessageId(event.messageId());
    message.setBody(event.body());
    message.setHeader(OutboxEndpoint.MESSAGE_ID, event.messageId());
    message.setHeader(OutboxEndpoint.TYPE, event.type());
    message.setHeader(Exchange.MESSAGE_TIMESTAMP, event.acceptedAt().toEpochMilli());
    return exchange;
  }
}
