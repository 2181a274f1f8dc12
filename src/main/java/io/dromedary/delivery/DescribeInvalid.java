package io.dromedary.delivery;

import io.dromedary.event.RejectedEvent;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import java.util.HashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Makes the dead letter of a {@link RejectedEvent}. Thread-safe. */
public final class DescribeInvalid implements Processor {

  @Override
  public void process(Exchange exchange) {
    RejectedEvent rejected = (RejectedEvent) exchange.getMessage().getBody();
    exchange.getMessage().setHeaders(new HashMap<>());
    exchange
        .getMessage()
        .setBody(
            DeadLetter.of(
                    DestinationSettings.DEFAULT,
                    rejected,
                    Settings.clock(exchange.getContext()).instant())
                .toJson());
  }
}
