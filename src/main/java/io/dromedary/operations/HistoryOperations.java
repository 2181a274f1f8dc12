package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.history.AttemptFilter;
import io.dromedary.history.AttemptRecord;
import io.dromedary.history.ErrorGroup;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.history.Rollup;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Reads the history of attempts. Thread-safe. */
final class HistoryOperations {

  private static final int LISTED = 100;
  private static final int MOST_LISTED = 1000;
  private static final int MOST_STEP = 30 * 24 * 3600;

  private static final List<String> FILTERS =
      List.of(
          "destination",
          "webhook",
          "type",
          "messageId",
          "userId",
          "status",
          "class",
          "outcome",
          "since",
          "until");

  private final CamelContext context;
  private final Mask mask;

  HistoryOperations(CamelContext context, Mask mask) {
    this.context = context;
    this.mask = mask;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException {
    if (!Set.of("/attempts", "/rollups", "/errors").contains(asked.below())) {
      return null;
    }
    asked.require("GET");
    History history = History.of(context);
    if (history == null) {
      throw new RefusedException(
          404, "no_history", "attempts are not kept: webhooks.history is off");
    }
    try {
      return switch (asked.below()) {
        case "/attempts" -> attempts(history, asked);
        case "/rollups" -> rollups(history, asked);
        default -> errors(history, asked);
      };
    } catch (HistoryException e) {
      throw new RefusedException(503, "unavailable", e.getMessage());
    }
  }

  private String attempts(History history, Operation asked) throws HistoryException {
    Parameters parameters =
        new Parameters(asked.query(), FILTERS, Set.of("before", "after", "limit"));
    EventFilter event = parameters.events();
    AttemptFilter filter =
        new AttemptFilter(
            event.destination(),
            parameters.text("webhook"),
            event.type(),
            event.messageId(),
            event.userId(),
            parameters.status(),
            parameters.text("class"),
            parameters.text("outcome"),
            event.since(),
            event.until());
    int limit = parameters.number("limit", LISTED, MOST_LISTED);
    if (parameters.text("after") != null) {
      long after = parameters.place("after");
      List<AttemptRecord> found = history.since(after, filter, limit);
      long next = found.isEmpty() ? after : found.get(found.size() - 1).seq();
      return page(found, next);
    }
    Long before = parameters.text("before") == null ? null : parameters.place("before");
    List<AttemptRecord> found = history.attempts(filter, before, limit);
    return page(found, found.size() < limit ? null : found.get(limit - 1).seq());
  }

  private String page(List<AttemptRecord> attempts, @Nullable Long next) {
    return JsonFields.write(
        json -> {
          AttemptJson.write(json, "attempts", mask.attempts(attempts));
          if (next != null) {
            json.writeStringField("next", next.toString());
          }
        });
  }

  private String rollups(History history, Operation asked) throws HistoryException {
    Parameters parameters =
        new Parameters(
            asked.query(), List.of("destination", "webhook"), Set.of("since", "until", "step"));
    Instant now = Settings.clock(context).instant();
    EventFilter given = parameters.events();
    Instant until = given.until() == null ? now.plusMillis(1) : given.until();
    Instant since = given.since() == null ? until.minus(Duration.ofHours(1)) : given.since();
    Duration range = Duration.between(since, until);
    int step = range.compareTo(Duration.ofHours(1)) <= 0 ? 10 : 60;
    step = range.compareTo(Duration.ofHours(24)) <= 0 ? step : 3600;
    Duration asBig = Duration.ofSeconds(parameters.number("step", step, MOST_STEP));
    String webhook = parameters.text("webhook");
    List<Rollup> found =
        history.rollups(
            destination(given),
            webhook == null ? null : parameters.number("webhook", 1, 99),
            since,
            until,
            asBig);
    return JsonFields.write(
        json -> {
          json.writeNumberField("stepSeconds", asBig.toSeconds());
          json.writeArrayFieldStart("rollups");
          for (Rollup each : found) {
            json.writeRawValue(JsonFields.write(fields -> write(fields, each)));
          }
          json.writeEndArray();
        });
  }

  private static String destination(EventFilter given) {
    String destination = given.destination();
    return destination == null ? DestinationSettings.DEFAULT : destination;
  }

  private static void write(JsonGenerator json, Rollup rollup) throws IOException {
    json.writeStringField("at", rollup.at().toString());
    json.writeNumberField("accepted", rollup.accepted());
    json.writeNumberField("temporary", rollup.temporary());
    json.writeNumberField("permanent", rollup.permanent());
    json.writeNumberField("delivered", rollup.delivered());
    json.writeObjectFieldStart("byClass");
    for (Map.Entry<String, Long> each : rollup.byClass().entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    for (int percent : new int[] {50, 95, 99}) {
      Duration attempt = rollup.quantile(percent / 100.0);
      Duration delivery = rollup.deliveryQuantile(percent / 100.0);
      if (attempt != null) {
        json.writeNumberField("attemptP" + percent + "Millis", AttemptJson.millis(attempt));
      }
      if (delivery != null) {
        json.writeNumberField("deliveryP" + percent + "Millis", AttemptJson.millis(delivery));
      }
    }
  }

  private String errors(History history, Operation asked) throws HistoryException {
    Parameters parameters =
        new Parameters(asked.query(), List.of("destination", "webhook"), Set.of("since"));
    EventFilter given = parameters.events();
    Instant now = Settings.clock(context).instant();
    List<ErrorGroup> groups =
        history.errors(
            destination(given),
            parameters.number("webhook", 1, 99),
            given.since() == null ? now.minus(Duration.ofHours(24)) : given.since());
    return JsonFields.write(
        json -> {
          json.writeArrayFieldStart("errors");
          for (ErrorGroup each : groups) {
            json.writeStartObject();
            json.writeStringField("class", each.attemptClass());
            json.writeNumberField("count", each.count());
            AttemptJson.instant(json, "last", each.last());
            AttemptJson.write(json, "samples", mask.attempts(each.samples()));
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
