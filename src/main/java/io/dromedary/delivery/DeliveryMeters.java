package io.dromedary.delivery;

import io.dromedary.delivery.flow.FlowState;
import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.apache.camel.CamelContext;

/** What is counted of the deliveries of a destination. Thread-safe. */
final class DeliveryMeters {

  final LongAdder delivered = new LongAdder();
  final LongAdder deliveryMillis = new LongAdder();
  final LongAdder parked = new LongAdder();
  final LongAdder dead = new LongAdder();

  /** Puts them, and those of the webhooks, where an operator finds them. */
  void register(CamelContext context, String destination, List<Webhook> webhooks) {
    Meters meters = Meters.of(context);
    Map<String, String> labels = Map.of("destination", destination);
    add(meters, "delivered.events", "Events that enough webhooks accepted", labels, delivered::sum);
    add(
        meters,
        "delivery.seconds",
        "The time from acceptance to delivery, of all delivered events",
        labels,
        () -> deliveryMillis.sum() / 1000.0);
    add(meters, "parked.events", "Events that went back to the outbox", labels, parked::sum);
    for (int i = 0; i < webhooks.size(); i++) {
      Webhook webhook = webhooks.get(i);
      // Its number, since its URL may hold a secret.
      String number = Integer.toString(i + 1);
      for (Outcome.Kind kind : Outcome.Kind.values()) {
        add(
            meters,
            "attempts",
            "Requests to a webhook, by what came of them",
            Map.of(
                "destination",
                destination,
                "webhook",
                number,
                "outcome",
                kind.name().toLowerCase(Locale.ROOT)),
            webhook.attempts(kind)::sum);
      }
      meters.add(
          new Meter(
              Kind.GAUGE,
              "dromedary.webhook.down",
              "1 while nothing shows that a webhook lives",
              Map.of("destination", destination, "webhook", number),
              () -> webhook.flow().state().kind() == FlowState.Kind.DOWN ? 1 : 0));
      meters.add(
          new Meter(
              Kind.GAUGE,
              "dromedary.webhook.limit",
              "Attempts that may be in flight at a webhook",
              Map.of("destination", destination, "webhook", number),
              () -> webhook.flow().limit()));
    }
  }

  private static void add(
      Meters meters,
      String name,
      String description,
      Map<String, String> labels,
      DoubleSupplier value) {
    meters.add(new Meter(Kind.COUNTER, "dromedary." + name, description, labels, value));
  }
}
