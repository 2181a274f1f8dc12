package io.dromedary.delivery;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.ConnectionFigures;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.event.Event;
import io.dromedary.metrics.Histogram;
import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Durations;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.apache.camel.CamelContext;

/** Counts the deliveries of a destination. Thread-safe. */
public final class DeliveryMeters {

  final LongAdder delivered = new LongAdder();
  final LongAdder parked = new LongAdder();
  final LongAdder dropped = new LongAdder();
  final LongAdder dead = new LongAdder();
  private final Histogram durations = Histogram.ofDeliveries();

  /** Returns how many events enough webhooks have accepted since the start. */
  public long deliveredEvents() {
    return delivered.sum();
  }

  /** Returns how many events the transform has dropped since the start. */
  public long droppedEvents() {
    return dropped.sum();
  }

  /** Counts events that enough webhooks have accepted. */
  void delivered(List<Event> events, long nowMillis) {
    delivered.add(events.size());
    for (Event event : events) {
      durations.record(
          TimeUnit.MILLISECONDS.toNanos(nowMillis - event.acceptedAt().toEpochMilli()));
    }
  }

  /** Registers these meters and those of the webhooks. */
  public void register(
      CamelContext context, String destination, Duration window, List<Webhook> webhooks) {
    Meters meters = Meters.of(context);
    Map<String, String> labels = Map.of("destination", destination);
    count(meters, "delivered.events", "Events that enough webhooks accepted", labels, delivered);
    count(meters, "parked.events", "Events that went back to the outbox", labels, parked);
    count(meters, "dropped.events", "Events that the transform left out", labels, dropped);
    meters.add(
        new Durations(
            "dromedary.delivery.duration",
            "The time from acceptance to delivery",
            labels,
            durations));
    gauge(
        meters,
        "retry.window.seconds",
        "How long after its acceptance an event is given up",
        labels,
        () -> window.toMillis() / 1000.0);
    for (int i = 0; i < webhooks.size(); i++) {
      // The number, since the URL may hold a secret.
      String number = Integer.toString(i + 1);
      register(meters, webhooks.get(i), Map.of("destination", destination, "webhook", number));
    }
  }

  private static void register(Meters meters, Webhook webhook, Map<String, String> labels) {
    for (AttemptClass each : AttemptClass.values()) {
      for (Outcome.Kind kind : each.kinds()) {
        Map<String, String> ended = new TreeMap<>(labels);
        ended.put("class", each.label());
        ended.put("outcome", kind.name().toLowerCase(Locale.ROOT));
        count(
            meters,
            "attempts",
            "Requests to a webhook, by what came of them",
            ended,
            webhook.ended(kind, each));
      }
    }
    meters.add(
        new Durations(
            "dromedary.attempt.duration",
            "The time from the start of a request to a webhook to its outcome",
            labels,
            webhook.attempts().durations()));
    gauge(
        meters,
        "webhook.down",
        "1 while nothing shows that a webhook lives",
        labels,
        () -> webhook.flow().state().kind() == FlowState.Kind.DOWN ? 1 : 0);
    gauge(
        meters,
        "webhook.limit",
        "Attempts that may be in flight at a webhook",
        labels,
        () -> webhook.flow().limit());
    ConnectionFigures connections = webhook.attempts().connections();
    if (connections != null) {
      register(meters, connections, labels);
    }
  }

  private static void register(
      Meters meters, ConnectionFigures connections, Map<String, String> labels) {
    for (boolean isReused : List.of(false, true)) {
      Map<String, String> sent = new TreeMap<>(labels);
      sent.put("reused", Boolean.toString(isReused));
      count(
          meters,
          "connections",
          "Requests to a webhook, by whether their connection had served before",
          sent,
          connections.sentOn(isReused));
    }
    if (connections.isSecure()) {
      gauge(
          meters,
          "webhook.certificate.expiry.timestamp.seconds",
          "When the certificate expires that a webhook has shown last; NaN before the first one",
          labels,
          connections::certificateExpirySeconds);
    }
  }

  private static void count(
      Meters meters, String name, String description, Map<String, String> labels, LongAdder of) {
    meters.add(new Meter(Kind.COUNTER, "dromedary." + name, description, labels, of::sum));
  }

  private static void gauge(
      Meters meters,
      String name,
      String description,
      Map<String, String> labels,
      DoubleSupplier value) {
    meters.add(new Meter(Kind.GAUGE, "dromedary." + name, description, labels, value));
  }
}
