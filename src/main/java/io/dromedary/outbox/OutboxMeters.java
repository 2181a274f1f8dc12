package io.dromedary.outbox;

import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import org.apache.camel.CamelContext;

/** What an operator can see of the events of a destination that are in the store. Thread-safe. */
final class OutboxMeters {

  private OutboxMeters() {}

  /** Puts them where an operator finds them. */
  static void register(
      CamelContext context, Outbox outbox, String destination, IntSupplier inFlight) {
    Meters meters = Meters.of(context);
    StoreFigures figures = outbox.figures();
    Map<String, String> labels = Map.of("destination", destination);
    meters.add(
        new Meter(
            Kind.COUNTER,
            "dromedary.accepted.events",
            "Events that were stored, without duplicates",
            labels,
            () -> outbox.accepted(destination).sum()));
    for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
      meters.add(
          new Meter(
              Kind.COUNTER,
              "dromedary.dead.letters",
              "Events that were given up",
              Map.of("destination", destination, "reason", reason.json()),
              () -> outbox.dead(destination, reason).sum()));
    }
    gauge(
        meters,
        destination,
        "in.flight.events",
        "Events that are being delivered",
        inFlight::getAsInt);
    gauge(
        meters,
        destination,
        "outbox.events",
        "Events that are not done; no more than " + StoreFigures.MOST_COUNTED + " are counted",
        () -> figures.of(destination).events());
    gauge(
        meters,
        destination,
        "outbox.overdue.seconds",
        "How long the event has been due that nobody has taken and that has been due for longest",
        () -> figures.of(destination).overdueMillis() / 1000.0);
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary.outbox.up",
            "1 while the store works",
            Map.of(),
            () -> outbox.failure() == null ? 1 : 0));
  }

  private static void gauge(
      Meters meters, String destination, String name, String description, DoubleSupplier value) {
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary." + name,
            description,
            Map.of("destination", destination),
            value));
  }
}
