package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.destination.DestinationReport;
import io.dromedary.destination.DestinationReport.WebhookFigures;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.history.Rollup;
import io.dromedary.outbox.OutboxReport;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of all webhooks, those with a problem first, and of the numbers of events accepted,
 * delivered, dropped and dead since the process started. Immutable.
 *
 * @param at when the snapshot was taken
 * @param rows a row for each webhook
 * @param accepted how many events were stored since the start
 * @param delivered how many events were accepted by enough webhooks since the start
 * @param dropped how many events a transform dropped since the start
 * @param dead how many events became dead letters since the start, by reason
 * @param waiting how many events are pending, or null if unknown
 * @param store the state of the store
 * @param historyProblem why the history gives no figures of the range, or null if it does
 */
public record Overview(
    Instant at,
    List<Row> rows,
    long accepted,
    long delivered,
    long dropped,
    Map<Reason, Long> dead,
    @Nullable Long waiting,
    OutboxReport store,
    @Nullable String historyProblem) {

  /** The {@link #historyProblem} if the history is off. */
  public static final String OFF = "There is no history of attempts (webhooks.history = off).";

  /**
   * The figures of a webhook.
   *
   * @param destination the webhook's destination
   * @param webhook the webhook's state and its counters since the start
   * @param rate attempts a second in the last one or two minutes, or null if unknown
   * @param points the rollups of the range; points without attempts are missing
   * @param sum the sum of the points, or null if unknown
   * @param waiting how many events of the destination are pending, or null if unknown
   * @param oldest the age of the oldest pending event of the destination, or null if unknown
   * @param window how long after its acceptance an event is given up
   */
  public record Row(
      String destination,
      WebhookFigures webhook,
      @Nullable Double rate,
      List<Rollup> points,
      @Nullable Rollup sum,
      @Nullable Long waiting,
      @Nullable Duration oldest,
      Duration window) {

    private static final double LATE = 0.5;

    /** The webhook's name on the page: {@code crm/1}. */
    public String name() {
      return destination + "/" + webhook.number();
    }

    public boolean isDown() {
      return webhook.state().kind() == FlowState.Kind.DOWN;
    }

    /** The share of attempts that the webhook accepted; null if unknown, or without attempts. */
    public @Nullable Double share() {
      return sum == null || sum.attempts() == 0 ? null : sum.accepted() / (double) sum.attempts();
    }

    /** The share of the window that the oldest event has used up; 0 if unknown. */
    public double late() {
      return oldest == null || window.isZero() ? 0 : oldest.toMillis() / (double) window.toMillis();
    }

    /** Returns whether the oldest event has used up more than half of its window. */
    public boolean isLate() {
      return late() > LATE;
    }

    /** The rank of a webhook's problem; the overview shows the highest rank first. */
    int severity() {
      return switch (webhook.state().kind()) {
        case DOWN -> 4;
        case PAUSED -> 3;
        case LIMITED -> isLate() ? 3 : 1;
        case UP -> isLate() ? 3 : failsOften() ? 2 : 0;
      };
    }

    /** Returns whether more than one percent of attempts failed. */
    public boolean failsOften() {
      Double share = share();
      return share != null && share < 0.99;
    }
  }

  /** Takes a snapshot. It reads the store and the history, and may block for a while. */
  static Overview of(CamelContext context, Range range) {
    Instant now = Settings.clock(context).instant();
    OutboxReport store = OutboxReport.of(context);
    HistoryFigures figures = new HistoryFigures(History.of(context), range, now);
    List<Row> rows = new ArrayList<>();
    Map<Reason, Long> dead = new EnumMap<>(Reason.class);
    long accepted = 0;
    long delivered = 0;
    long dropped = 0;
    Long waiting = 0L;
    for (String name : Settings.of(context).destinations().keySet()) {
      DestinationReport report = DestinationReport.of(context, name);
      if (report == null) {
        continue;
      }
      accepted += store.accepted(name);
      delivered += report.delivered();
      dropped += report.dropped();
      store.dead(name).forEach((reason, count) -> dead.merge(reason, count, Long::sum));
      Long pending = store.waiting(name);
      waiting = waiting == null || pending == null ? null : waiting + pending;
      for (WebhookFigures webhook : report.webhooks()) {
        List<Rollup> points = figures.points(name, webhook.number());
        rows.add(
            new Row(
                name,
                webhook,
                figures.rate(name, webhook.number()),
                points,
                figures.problem() == null ? Rollup.sum(now, points) : null,
                pending,
                store.oldest(name),
                report.window()));
      }
    }
    rows.sort(Comparator.comparingInt(row -> -row.severity()));
    return new Overview(
        now,
        List.copyOf(rows),
        accepted,
        delivered,
        dropped,
        dead,
        waiting,
        store,
        figures.problem());
  }

  /** The figures that the history has of all webhooks. */
  private static final class HistoryFigures {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Instant now;
    private final Instant rateFrom;
    private Map<String, Map<Integer, List<Rollup>>> points = Map.of();
    private Map<String, Map<Integer, List<Rollup>>> last = Map.of();
    private @Nullable String problem;

    HistoryFigures(@Nullable History history, Range range, Instant now) {
      this.now = now;
      // The current minute and the one before it: always long enough for a rate.
      this.rateFrom = now.truncatedTo(ChronoUnit.MINUTES).minus(MINUTE);
      if (history == null) {
        this.problem = OFF;
        return;
      }
      Instant to = now.plusSeconds(1);
      try {
        this.points = history.allRollups(range.from(now), to, range.step());
        this.last = history.allRollups(rateFrom, to, MINUTE);
      } catch (HistoryException e) {
        this.problem = String.valueOf(e.getMessage());
      }
    }

    @Nullable String problem() {
      return problem;
    }

    private static List<Rollup> of(
        Map<String, Map<Integer, List<Rollup>>> all, String destination, int webhook) {
      return all.getOrDefault(destination, Map.of()).getOrDefault(webhook, List.of());
    }

    List<Rollup> points(String destination, int webhook) {
      return of(points, destination, webhook);
    }

    @Nullable Double rate(String destination, int webhook) {
      double seconds = Duration.between(rateFrom, now).toMillis() / 1000.0;
      long attempts = Rollup.sum(now, of(last, destination, webhook)).attempts();
      return problem == null ? (Double) (attempts / seconds) : null;
    }
  }

  /** How many events have become dead letters since the start. */
  public long deadInAll() {
    return dead.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns whether no event was accepted since the start, none is pending and none has died. */
  public boolean isEmpty() {
    return accepted == 0 && Objects.equals(waiting, 0L) && deadInAll() == 0;
  }

  /** Writes the snapshot as fields of a JSON object. */
  void write(JsonGenerator json) throws IOException {
    json.writeStringField("at", at.toString());
    json.writeObjectFieldStart("sinceStart");
    json.writeNumberField("accepted", accepted);
    json.writeNumberField("delivered", delivered);
    json.writeNumberField("dropped", dropped);
    json.writeObjectFieldStart("dead");
    for (Map.Entry<Reason, Long> each : dead.entrySet()) {
      json.writeNumberField(each.getKey().json(), each.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
    number(json, "waiting", waiting);
    json.writeObjectFieldStart("store");
    json.writeBooleanField("up", store.failure() == null);
    json.writeStringField("place", store.shown());
    number(json, "bytes", store.sizeBytes());
    json.writeEndObject();
    if (historyProblem != null) {
      json.writeStringField("history", historyProblem);
    }
    json.writeArrayFieldStart("webhooks");
    for (Row row : rows) {
      write(json, row);
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, Row row) throws IOException {
    WebhookFigures webhook = row.webhook();
    json.writeStartObject();
    json.writeStringField("destination", row.destination());
    json.writeNumberField("webhook", webhook.number());
    json.writeStringField("name", webhook.name());
    FlowState state = webhook.state();
    json.writeStringField("state", state.kind().word());
    json.writeNumberField("stateSeconds", state.lasting().toSeconds());
    if (state.untilNext() != null) {
      json.writeNumberField("nextAttemptInMillis", state.untilNext().toMillis());
    }
    if (!state.reason().isEmpty()) {
      json.writeStringField("lastFailure", state.reason());
    }
    if (row.rate() != null) {
      json.writeNumberField("attemptsPerSecond", row.rate());
    }
    Rollup sum = row.sum();
    if (sum != null) {
      json.writeNumberField("accepted", sum.accepted());
      json.writeNumberField("temporary", sum.temporary());
      json.writeNumberField("permanent", sum.permanent());
      quantile(json, "p50Millis", sum.quantile(0.5));
      quantile(json, "p95Millis", sum.quantile(0.95));
    }
    number(json, "waiting", row.waiting());
    number(json, "oldestSeconds", row.oldest() == null ? null : row.oldest().toSeconds());
    json.writeNumberField("windowSeconds", row.window().toSeconds());
    json.writeEndObject();
  }

  private static void quantile(JsonGenerator json, String name, @Nullable Duration duration)
      throws IOException {
    if (duration != null) {
      json.writeNumberField(name, duration.toNanos() / 1_000_000.0);
    }
  }

  private static void number(JsonGenerator json, String name, @Nullable Long number)
      throws IOException {
    if (number != null) {
      json.writeNumberField(name, number);
    }
  }
}
