package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.deadletter.ReplayProgress;
import io.dromedary.outbox.deadletter.Replays;
import io.dromedary.outbox.store.OutboxException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reports the progress of replays, and stops them. Thread-safe. */
final class ReplayOperations {

  private static final Pattern ONE = Pattern.compile("/(\\d{1,18})(/stop)?");

  private final Replays replays;

  ReplayOperations(Replays replays) {
    this.replays = replays;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    // Refuses any parameter.
    Parameters unused = new Parameters(asked.query(), List.of(), Set.of());
    if (asked.below().isEmpty()) {
      asked.require("GET");
      List<ReplayProgress> latest = replays.latest();
      return JsonFields.write(json -> writeAll(json, latest));
    }
    Matcher one = ONE.matcher(asked.below());
    if (!one.matches()) {
      return null;
    }
    long id = Long.parseLong(one.group(1));
    if (one.group(2) != null) {
      asked.require("POST");
      Long restored = replays.stop(id);
      if (restored == null) {
        return unknown(id);
      }
      asked.audit("replay.stop " + id, restored);
      return JsonFields.write(json -> json.writeNumberField("restored", restored));
    }
    asked.require("GET");
    ReplayProgress replay = replays.get(id);
    return replay == null ? unknown(id) : JsonFields.write(json -> write(json, replay));
  }

  private static String unknown(long id) throws RefusedException {
    throw new RefusedException(
        404, "not_found", "expected the number of a replay that is kept, found " + id);
  }

  private static void writeAll(JsonGenerator json, List<ReplayProgress> latest) throws IOException {
    json.writeArrayFieldStart("replays");
    for (ReplayProgress each : latest) {
      json.writeStartObject();
      write(json, each);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, ReplayProgress replay) throws IOException {
    json.writeNumberField("id", replay.id());
    json.writeStringField("state", replay.state());
    json.writeStringField("startedAt", replay.startedAt().toString());
    instant(json, "stoppedAt", replay.stoppedAt());
    json.writeNumberField("rate", replay.rate());
    json.writeNumberField("events", replay.events());
    json.writeNumberField("waiting", replay.waiting());
    instant(json, "lastDueAt", replay.lastDueAt());
    json.writeNumberField("delivered", replay.delivered());
    json.writeNumberField("dead", replay.deadAgain());
    json.writeObjectFieldStart("deadByStatus");
    for (Map.Entry<String, Long> each : new TreeMap<>(replay.dead()).entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeNumberField("deleted", replay.deleted());
    json.writeNumberField("restored", replay.restored());
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeStringField(name, instant.toString());
    }
  }
}
