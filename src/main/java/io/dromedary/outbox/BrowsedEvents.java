package io.dromedary.outbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.support.DefaultExchange;

/** The pending events of an endpoint as Camel's tools look at them. They are copies. */
final class BrowsedEvents {

  private BrowsedEvents() {}

  /**
   * Reads the oldest events.
   *
   * @param limit how many at the most; 0: as many as a page has
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
