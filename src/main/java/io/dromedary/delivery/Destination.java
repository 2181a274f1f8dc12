package io.dromedary.delivery;

import io.dromedary.alert.WebhookSnapshot;
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

/** The state that the steps of a destination's routes share. Thread-safe. */
public final class Destination {

  private static final Logger LOG = LoggerFactory.getLogger(Destination.class);

  /** Rounds beyond the limit that wait for permits, so that a new permit is used at once. */
  private static final int LEAST_READY = 8;

  /** Threads for work that needs no permit. */
  private static final int READYING = 2;

  private final DestinationSettings settings;
  private final RetrySchedule schedule;
  private final Clock clock;
  private final List<Webhook> webhooks;
  private final DeadLetterLog deadLetterLog;
  private final DeliveryMeters meters = new DeliveryMeters();
  private final AttemptHistory history;
  private final @Nullable Spans spans;

  /** Whether the process is stopping, so that nothing begins any more. */
  private volatile boolean stopping;

  public Destination(
      DestinationSettings settings,
      RetrySchedule schedule,
      Clock clock,
      List<Webhook> webhooks,
      @Nullable History history,
      NamedMembers hidden,
      @Nullable Spans spans) {
    this.settings = settings;
    this.schedule = schedule;
    this.clock = clock;
    this.webhooks = webhooks;
    this.deadLetterLog = new DeadLetterLog(settings.name());
    this.history = new AttemptHistory(history, hidden, settings.name(), clock, webhooks);
    this.spans = spans;
  }

  public DestinationSettings settings() {
    return settings;
  }

  public RetrySchedule schedule() {
    return schedule;
  }

  public Clock clock() {
    return clock;
  }

  public List<Webhook> webhooks() {
    return webhooks;
  }

  /** Returns the history of attempts. */
  AttemptHistory history() {
    return history;
  }

  /** Returns the factory of the rounds' spans, or null if nothing is traced. */
  @Nullable Spans spans() {
    return spans;
  }

  /** Returns the facts that alerts need about the webhooks. */
  public List<WebhookSnapshot> snapshots() {
    return IntStream.range(0, webhooks.size())
        .mapToObj(i -> webhooks.get(i).snapshot(i + 1))
        .toList();
  }

  /** Returns the log of events that are given up. */
  public DeadLetterLog deadLetterLog() {
    return deadLetterLog;
  }

  /** Returns the counters of this destination. */
  public DeliveryMeters meters() {
    return meters;
  }

  /**
   * Returns how many rounds may be in flight now, including some that wait for permits. The number
   * follows the {@code acks}-th highest limit of the open webhooks, which is the slowest webhook
   * that is needed. While no webhook is open, one round waits to be the next probe. Attempts that
   * hang do not count, up to the maximum in flight.
   */
  public int limit() {
    if (stopping) {
      // Events claimed now would only be given back.
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
    // Closed webhooks are left out, whatever the number of acks.
    int limit = limits[limits.length - Math.min(open, settings.acks())];
    // With several webhooks, rounds wait for permits of different ones.
    int ready = webhooks.size() == 1 ? 1 : Math.max(LEAST_READY, limit / 4);
    return (int) Math.min(2L * settings.inFlight(), limit + ready);
  }

  /**
   * Returns how many threads are useful now: enough for the attempts that are allowed or still in
   * flight, and some for work that needs no permit.
   */
  public int attempts() {
    int attempts = READYING;
    for (Webhook webhook : webhooks) {
      attempts += Math.max(webhook.flow().limit(), webhook.flow().inFlight());
    }
    return attempts;
  }

  public boolean isStopping() {
    return stopping;
  }

  /** From now on nothing begins, and nothing waits in memory. */
  public void stop() {
    stopping = true;
  }

  /** Logs what has become of the events. */
  public void stopped() {
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
