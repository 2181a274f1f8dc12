package io.dromedary.outbox;

import io.dromedary.metrics.BuildInfo;
import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Durations;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.StoreFigures;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import org.apache.camel.CamelContext;

/** Registers the metrics of the outbox. Thread-safe. */
final class OutboxMeters {

  private OutboxMeters() {}

  /** Registers the metrics of a destination, and those of the store. */
  static void register(
      CamelContext context, Outbox outbox, String destination, IntSupplier inFlight) {
    Meters meters = Meters.of(context);
    OutboxCounts counts = outbox.counts();
    StoreFigures figures = outbox.figures();
    Map<String, String> labels = Map.of("destination", destination);
    count(
        meters,
        "accepted.events",
        "Events that were stored, without duplicates",
        labels,
        counts.accepted(destination));
    count(
        meters,
        "replayed.events",
        "Dead letters that were made events again",
        labels,
        counts.replayed(destination));
    for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
      count(
          meters,
          "dead.letters",
          "Events that were given up",
          Map.of("destination", destination, "reason", reason.json()),
          counts.dead(destination, reason));
    }
    gauge(
        meters, "in.flight.events", "Events that are being delivered", labels, inFlight::getAsInt);
    gauge(
        meters,
        "outbox.events",
        "Pending events; no more than " + StoreFigures.MOST_COUNTED + " are counted",
        labels,
        () -> figures.of(destination).events());
    gauge(
        meters,
        "outbox.overdue.seconds",
        "How long the most overdue event that is not claimed has been due",
        labels,
        () -> figures.of(destination).overdueMillis() / 1000.0);
    gauge(
        meters,
        "outbox.oldest.seconds",
        "How long ago the oldest pending event was accepted",
        labels,
        () -> figures.of(destination).oldestMillis() / 1000.0);
    register(meters, outbox);
    meters.add(BuildInfo.of(context));
  }

  /** Registers the metrics of the whole store. */
  private static void register(Meters meters, Outbox outbox) {
    OutboxCounts counts = outbox.counts();
    for (String code : OutboxCounts.CODES) {
      count(
          meters,
          "rejected.events",
          "Inputs that were not valid events, by the code that their sender was told",
          Map.of("reason", code),
          counts.rejected(code));
    }
    gauge(
        meters,
        "outbox.up",
        "1 while the store works",
        Map.of(),
        () -> outbox.failure() == null ? 1 : 0);
    gauge(
        meters,
        "outbox.size.bytes",
        "The size of the store, on disk or in memory",
        Map.of(),
        () -> outbox.figures().sizeBytes());
    meters.add(
        new Durations(
            "dromedary.outbox.commit.duration",
            "The duration of the store's transactions, including the commit",
            Map.of(),
            counts.commits));
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
