package io.dromedary.outbox.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.store.OutboxEvent;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Converts a dead letter to an event that is replayed, and back. Until the first attempt, the
 * event's progress contains the dead letter, so that the same dead letter can be restored if the
 * replay is stopped before.
 */
final class ReplayedLetter {

  private static final String FIELD = "replayed";

  private ReplayedLetter() {}

  /** Makes an event of a dead letter, with no attempts so far. */
  static OutboxEvent event(DeadLetter letter, Instant dueAt) {
    OutboxEvent was = letter.event();
    return new OutboxEvent(
        was.messageId(), was.type(), dueAt, was.body(), 0, progress(letter), was.trace());
  }

  private static String progress(DeadLetter letter) {
    return JsonFields.write(
        json -> {
          json.writeObjectFieldStart(FIELD);
          json.writeStringField("reason", letter.reason().json());
          json.writeStringField("detail", letter.detail());
          if (letter.lastStatus() != null) {
            json.writeNumberField("lastStatus", letter.lastStatus());
          }
          json.writeNumberField("attempts", letter.event().attempts());
          instant(json, "acceptedAt", letter.event().acceptedAt());
          instant(json, "firstAttemptAt", letter.firstAttemptAt());
          instant(json, "lastAttemptAt", letter.lastAttemptAt());
          instant(json, "deadAt", letter.deadAt());
          if (letter.webhooks() != null) {
            json.writeFieldName("webhooks");
            json.writeRawValue(letter.webhooks());
          }
          json.writeEndObject();
        });
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeNumberField(name, instant.toEpochMilli());
    }
  }

  /**
   * Returns the dead letter that an event was before its replay, or null if the event has been
   * attempted since or is not replayed.
   */
  static @Nullable DeadLetter of(PendingEvent pending) {
    OutboxEvent event = pending.event();
    JsonObject was = read(event.progress());
    Reason reason = was == null ? null : Reason.of(string(was, "reason"));
    Instant acceptedAt = was == null ? null : instant(was, "acceptedAt");
    Instant deadAt = was == null ? null : instant(was, "deadAt");
    if (was == null || reason == null || acceptedAt == null || deadAt == null) {
      return null;
    }
    Long status = number(was, "lastStatus");
    Long attempts = number(was, "attempts");
    JsonValue webhooks = was.get("webhooks");
    return new DeadLetter(
        pending.id(),
        pending.destination(),
        new OutboxEvent(
            event.messageId(),
            event.type(),
            acceptedAt,
            event.body(),
            attempts == null ? 0 : attempts.intValue(),
            null,
            event.trace()),
        reason,
        string(was, "detail"),
        status == null ? null : status.intValue(),
        instant(was, "firstAttemptAt"),
        instant(was, "lastAttemptAt"),
        deadAt,
        webhooks == null ? null : new String(webhooks.toBytes(), UTF_8));
  }

  private static @Nullable JsonObject read(@Nullable String progress) {
    if (progress == null) {
      return null;
    }
    try {
      JsonValue was = new JsonReader(progress.getBytes(UTF_8)).readObject().get(FIELD);
      return was == null || was.kind() != JsonKind.OBJECT ? null : was.asObject();
    } catch (InvalidJsonException e) {
      // The progress was written by a host's route, in a format of its own.
      return null;
    }
  }

  private static String string(JsonObject was, String name) {
    JsonValue value = was.get(name);
    return value == null || value.kind() != JsonKind.STRING ? "" : value.asString();
  }

  private static @Nullable Long number(JsonObject was, String name) {
    JsonValue value = was.get(name);
    return value == null || value.kind() != JsonKind.NUMBER
        ? null
        : Long.valueOf(new String(value.toBytes(), UTF_8));
  }

  private static @Nullable Instant instant(JsonObject was, String name) {
    Long millis = number(was, name);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }
}
