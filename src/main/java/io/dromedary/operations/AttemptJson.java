package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.history.AttemptRecord;
import io.dromedary.json.JsonFields;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes attempts of the history as JSON. */
final class AttemptJson {

  private AttemptJson() {}

  /** Writes attempts as an array. */
  static void write(JsonGenerator json, String name, List<AttemptRecord> attempts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (AttemptRecord attempt : attempts) {
      json.writeRawValue(JsonFields.write(fields -> write(fields, attempt)));
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, AttemptRecord attempt) throws IOException {
    json.writeNumberField("seq", attempt.seq());
    json.writeStringField("at", attempt.at().toString());
    json.writeStringField("destination", attempt.destination());
    if (!attempt.isGone()) {
      json.writeNumberField("webhook", attempt.webhook());
      json.writeStringField("webhookName", attempt.webhookName());
    }
    json.writeStringField("messageId", attempt.messageId());
    if (!attempt.type().isEmpty()) {
      json.writeStringField("type", attempt.type());
    }
    json.writeStringField("outcome", attempt.outcome());
    if (attempt.isGone()) {
      return;
    }
    json.writeNumberField("number", attempt.number());
    json.writeStringField("class", attempt.attemptClass());
    if (attempt.status() != null) {
      json.writeNumberField("status", attempt.status());
    }
    json.writeNumberField("tookMillis", millis(attempt.took()));
    text(json, "detail", attempt.detail());
    instant(json, "nextAt", attempt.nextAt());
    text(json, "because", attempt.because());
    json.writeStringField("origin", attempt.origin().json());
  }

  /** A duration in milliseconds, with microsecond precision. */
  static double millis(Duration duration) {
    return TimeUnit.NANOSECONDS.toMicros(duration.toNanos()) / 1000.0;
  }

  static void text(JsonGenerator json, String name, @Nullable String text) throws IOException {
    if (text != null) {
      json.writeStringField(name, text);
    }
  }

  static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeStringField(name, instant.toString());
    }
  }
}
