package io.dromedary.outbox;

import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** What an operator can see of the events of a destination that are in the store. Thread-safe. */
final class OutboxMeters {

  /** How far rows are counted: what that costs must not depend on how long an outage lasts. */
  static final int MOST_COUNTED = 100_000;

  private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();

  private final Outbox outbox;
  private final String destination;
  private @Nullable Look last;

  private OutboxMeters(Outbox outbox, String destination) {
    this.outbox = outbox;
    this.destination = destination;
  }

  /** Puts them where an operator finds them. */
  static void register(
      CamelContext context, Outbox outbox, String destination, IntSupplier inFlight) {
    Meters meters = Meters.of(context);
    OutboxMeters of = new OutboxMeters(outbox, destination);
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
    of.gauge(meters, "in.flight.events", "Events that are being delivered", inFlight::getAsInt);
    of.gauge(
        meters,
        "outbox.events",
        "Events that are not done; no more than " + MOST_COUNTED + " are counted",
        () -> of.look().events());
    of.gauge(
        meters,
        "outbox.overdue.seconds",
        "How long the event has been due that has been due for longest",
        () -> of.look().overdueMillis() / 1000.0);
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary.outbox.up",
            "1 while the store works",
            Map.of(),
            () -> outbox.failure() == null ? 1 : 0));
  }

  private void gauge(Meters meters, String name, String description, DoubleSupplier value) {
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary." + name,
            description,
            Map.of("destination", destination),
            value));
  }

  /** What was seen of the store, and when; NaN where it could not be read. */
  private record Look(double events, double overdueMillis, long atNanos) {}

  /** One for all gauges, however often somebody asks, on a connection that hinders no commit. */
  private synchronized Look look() {
    Look seen = last;
    if (seen == null || System.nanoTime() - seen.atNanos() > FRESH_NANOS) {
      seen = read();
      last = seen;
    }
    return seen;
  }

  private Look read() {
    try (Connection connection = outbox.connect();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT count(*), min(due_at) FROM (SELECT due_at FROM outbox"
                    + " WHERE destination = ? ORDER BY due_at LIMIT ?) AS waiting")) {
      query.setString(1, destination);
      query.setInt(2, MOST_COUNTED);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        long events = row.getLong(1);
        long overdueMillis = events == 0 ? 0 : outbox.clock().millis() - row.getLong(2);
        return new Look(events, Math.max(0, overdueMillis), System.nanoTime());
      }
    } catch (SQLException e) {
      return new Look(Double.NaN, Double.NaN, System.nanoTime());
    }
  }
}
