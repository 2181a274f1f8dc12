package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.event.Event;
import io.dromedary.event.RejectedEvent;
import io.dromedary.json.JsonFields;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes what is kept of an event that was given up: one JSON object, without a line break. */
final class DeadLetter {

  /** Why an event was given up. */
  enum Reason {
    /** The event is not one: it was never sent. */
    INVALID,
    /** No webhook is left that might still accept it. */
    REJECTED,
    /** The retry window has closed, or a receiver asked to wait until after it. */
    EXPIRED,
    /** The process stopped, and there was only memory to keep the event in. */
    STOPPED;

    String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private DeadLetter() {}

  /** The dead letter of an event that could not be delivered. */
  static String of(
      Event event,
      Delivery delivery,
      Reason reason,
      String destination,
      List<String> webhooks,
      Instant now) {
    return JsonFields.write(
        json -> {
          json.writeStringField("reason", reason.json());
          json.writeStringField("detail", detail(delivery, reason, webhooks));
          json.writeStringField("destination", destination);
          json.writeStringField("messageId", event.messageId());
          json.writeStringField("type", event.type().json());
          json.writeNumberField("attempts", delivery.attempts());
          json.writeStringField("acceptedAt", event.acceptedAt().toString());
          instant(json, "firstAttemptAt", delivery.firstAttemptAt());
          instant(json, "lastAttemptAt", delivery.lastAttemptAt());
          json.writeStringField("deadAt", now.toString());
          json.writeArrayFieldStart("webhooks");
          for (int i = 0; i < webhooks.size(); i++) {
            webhook(json, webhooks.get(i), delivery.state(i), delivery.outcome(i));
          }
          json.writeEndArray();
          json.writeFieldName("event");
          json.writeRawValue(event.toString());
        });
  }

  /** The dead letter of what came in and is no event. */
  static String of(RejectedEvent rejected, Instant now) {
    return JsonFields.write(
        json -> {
          json.writeStringField("reason", Reason.INVALID.json());
          json.writeStringField("detail", rejected.code() + ": " + rejected.message());
          if (rejected.messageId() != null) {
            json.writeStringField("messageId", rejected.messageId());
          }
          json.writeNumberField("attempts", 0);
          json.writeStringField("deadAt", now.toString());
          // As text: it need not be JSON.
          json.writeStringField("text", new String(rejected.text(), UTF_8));
        });
  }

  private static String detail(Delivery delivery, Reason reason, List<String> webhooks) {
    String why =
        switch (reason) {
          case REJECTED -> "no webhook is left that might accept the event";
          case EXPIRED -> "the retry window has closed";
          default -> "the process stopped before the event could be delivered";
        };
    StringBuilder detail = new StringBuilder(why);
    for (int i = 0; i < webhooks.size(); i++) {
      Outcome outcome = delivery.outcome(i);
      if (outcome != null && !outcome.reason().isEmpty()) {
        detail.append("; ").append(webhooks.get(i)).append(": ").append(outcome.reason());
      }
    }
    return detail.toString();
  }

  private static void webhook(
      JsonGenerator json, String name, String state, @Nullable Outcome outcome) throws IOException {
    json.writeStartObject();
    json.writeStringField("webhook", name);
    json.writeStringField("state", state);
    if (outcome != null) {
      if (outcome.status() != null) {
        json.writeNumberField("status", outcome.status());
      }
      if (!outcome.reason().isEmpty()) {
        json.writeStringField("error", outcome.reason());
      }
      if (outcome.answer() != null) {
        json.writeStringField("answer", outcome.answer());
      }
    }
    json.writeEndObject();
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeStringField(name, instant.toString());
    }
  }
}
