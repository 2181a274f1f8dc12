package io.dromedary.delivery;

import io.dromedary.alert.WebhookSight;
import io.dromedary.history.History;
import io.dromedary.json.NamedMembers;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.tracing.Spans;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the steps of a destination's routes share. Thread-safe. */
final class Destination {

  private static final Logger LOG = LoggerFactory.getLogger(Destination.class);

  /** Beyond what may be sent now, so that there is a round for a permission that is new. */
  private static final int LEAST_READY = 8;

  /** Threads that do what needs no permission. */
  private static final int READYING = 2;

  private final DestinationSettings settings;
  private final RetrySchedule schedule;
  private final Clock clock;
  private final List<Webhook> webhooks;
  private final DeadLetterLog deadLetterLog;
  private final DeliveryMeters meters = new DeliveryMeters();
  private final AttemptHistory history;
  private final @Nullable Spans spans;

  /** Whether the process stops, so that nothing begins any more. */
  private volatile boolean stopping;

  Destination(
      DestinationSettings settings,
      RetrySchedule schedule,
      Clock clock,
      List<Webhook> webhooks,
      @Nullable History history,
      @Nullable NamedMembers hidden,
      @Nullable Spans spans) {
    this.settings = settings;
    this.schedule = schedule;
    this.clock = clock;
    this.webhooks = webhooks;
    this.deadLetterLog = new DeadLetterLog(settings.name());
    this.history = new AttemptHistory(history, hidden, settings.name(), clock, webhooks);
    this.spans = spans;
  }

  DestinationSettings settings() {
    return settings;
  }

  RetrySchedule schedule() {
    return schedule;
  }

  Clock clock() {
    return clock;
  }

  List<Webhook> webhooks() {
    return webhooks;
  }

  /** What is kept of attempts. */
  AttemptHistory history() {
    return history;
  }

  /** Begins the spans of rounds, or null if nothing is traced. */
  @Nullable Spans spans() {
    return spans;
  }

  /** What alerts are told of the webhooks. */
  List<WebhookSight> sights() {
    return IntStream.range(0, webhooks.size()).mapToObj(i -> webhooks.get(i).sight(i + 1)).toList();
  }

  /** What the log says of events that are given up. */
  DeadLetterLog deadLetterLog() {
    return deadLetterLog;
  }

  /** What is counted of this destination. */
  DeliveryMeters meters() {
    return meters;
  }

  /**
   * How many rounds may be in flight at the moment, with some that wait to be permitted: as many as
   * that webhook takes which is the last to accept where {@code acks} have to. While none of them
   * may be sent to, one round waits to be the next probe. Those that hang do not count, up to as
   * many as may be in flight.
   */
  int limit() {
    if (stopping) {
      // What would be taken now would only be given back.
      return 0;
    }
    int[] limits = new int[webhooks.size()];
    int open = 0;
    for (int i = 0; i < limits.length; i++) {
      limits[i] = webhooks.get(i).flow().limit();
      open += limits[i] > 0 ? 1 : 0;
    }
    if (open == 0) {
      return 1;
    }
    Arrays.sort(limits);
    // Those that are closed are left out, whatever has to accept.
    int limit = limits[limits.length - Math.min(open, settings.acks())];
    // Of several, rounds wait for different ones.
    int ready = webhooks.size() == 1 ? 1 : Math.max(LEAST_READY, limit / 4);
    return (int) Math.min(2L * settings.inFlight(), limit + ready);
  }

  /**
   * How many threads are of use at the moment: for the attempts that may be made, or that were
   * begun while there might be more, and some that need no permission.
   */
  int attempts() {
    int attempts = READYING;
    for (Webhook webhook : webhooks) {
      attempts += Math.max(webhook.flow().limit(), webhook.flow().inFlight());
    }
    return attempts;
  }

  boolean isStopping() {
    return stopping;
  }

  /** From now on nothing begins, and nothing waits in memory. */
  void stop() {
    stopping = true;
  }

  /** Says what has become of the events. */
  void stopped() {
    deadLetterLog.end();
    webhooks.forEach(webhook -> webhook.log().end());
    if (meters.delivered.sum() + meters.dead.sum() + meters.parked.sum() > 0) {
      LOG.info(
          "Destination {}: {} events delivered, {} dead letters; what is not done is in the outbox",
          settings.name(),
          meters.delivered.sum(),
          meters.dead.sum());
    }
  }
}
