package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.delivery.Delivery.State;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far the delivery of an event has come, as the outbox keeps it while the event is parked, and
 * what each webhook has made of it, as a dead letter tells it. Webhooks are known by a key made of
 * their URL: one that is new since then has not been asked, and one that is gone is forgotten.
 */
final class Progress {

  final @Nullable Instant firstAttemptAt;
  final @Nullable Instant lastAttemptAt;
  final int skipped;
  final boolean alone;
  private final List<JsonObject> webhooks;

  private Progress(JsonObject json, List<JsonObject> webhooks) {
    firstAttemptAt = instant(json, "firstAttemptAt");
    lastAttemptAt = instant(json, "lastAttemptAt");
    skipped = (int) number(json, "skipped");
    alone = number(json, "alone") == 1;
    this.webhooks = webhooks;
  }

  /** Reads what {@link #write} wrote. */
  static Progress read(String text) {
    try {
      byte[] json = text.getBytes(UTF_8);
      JsonObject object = new JsonReader(json).readObject();
      List<JsonObject> webhooks = new ArrayList<>();
      JsonValue array = object.get("webhooks");
      if (array != null && array.kind() == JsonKind.ARRAY) {
        JsonReader reader = new JsonReader(array.toBytes());
        reader.beginArray();
        while (reader.hasNextElement()) {
          webhooks.add(reader.read().asObject());
        }
      }
      return new Progress(object, webhooks);
    } catch (InvalidJsonException e) {
      throw new IllegalStateException("The outbox holds a progress that is no JSON: " + text, e);
    }
  }

  static String write(Delivery delivery, List<Webhook> webhooks, boolean alone) {
    return JsonFields.write(
        json -> {
          instant(json, "firstAttemptAt", delivery.firstAttemptAt());
          instant(json, "lastAttemptAt", delivery.lastAttemptAt());
          if (delivery.skipped() > 0) {
            json.writeNumberField("skipped", delivery.skipped());
          }
          if (alone || delivery.isAlone()) {
            json.writeNumberField("alone", 1);
          }
          json.writeArrayFieldStart("webhooks");
          for (int i = 0; i < webhooks.size(); i++) {
            json.writeStartObject();
            json.writeStringField("key", webhooks.get(i).key());
            // What has rejected a batch has not rejected each of its events.
            boolean again = alone && delivery.state(i) == State.FAILED;
            write(json, again ? State.PENDING : delivery.state(i), delivery.outcome(i), true);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  /** What each webhook has made of an event, for a dead letter: a JSON array. */
  static String webhooks(Delivery delivery, List<Webhook> webhooks) {
    StringWriter text = new StringWriter();
    text.append('[');
    for (int i = 0; i < webhooks.size(); i++) {
      int index = i;
      text.append(i == 0 ? "" : ",")
          .append(
              JsonFields.write(
                  json -> {
                    json.writeStringField("webhook", webhooks.get(index).name());
                    write(json, delivery.state(index), delivery.outcome(index), false);
                  }));
    }
    return text.append(']').toString();
  }

  private static void write(
      JsonGenerator json, State state, @Nullable Outcome outcome, boolean withNotBefore)
      throws IOException {
    json.writeStringField("state", state.json());
    if (outcome == null) {
      return;
    }
    if (outcome.status() != null) {
      json.writeNumberField("status", outcome.status());
    }
    if (!outcome.reason().isEmpty()) {
      json.writeStringField("error", outcome.reason());
    }
    if (outcome.answer() != null) {
      json.writeStringField("answer", outcome.answer());
    }
    if (withNotBefore) {
      instant(json, "notBefore", outcome.notBefore());
    }
  }

  /** Takes over the state of a webhook, if there was one of that key. */
  void restore(String key, int index, State[] states, @Nullable Outcome[] outcomes) {
    for (JsonObject webhook : webhooks) {
      if (key.equals(string(webhook, "key"))) {
        State state = State.of(string(webhook, "state"));
        states[index] = state;
        long status = number(webhook, "status");
        String error = string(webhook, "error");
        if (status != 0 || error != null) {
          outcomes[index] =
              Outcome.recalled(
                  state.kind(),
                  status == 0 ? null : (int) status,
                  error == null ? "" : error,
                  string(webhook, "answer"),
                  instant(webhook, "notBefore"));
        }
      }
    }
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeNumberField(name, instant.toEpochMilli());
    }
  }

  private static @Nullable Instant instant(JsonObject json, String name) {
    JsonValue value = json.get(name);
    return value == null ? null : Instant.ofEpochMilli(number(json, name));
  }

  private static long number(JsonObject json, String name) {
    JsonValue value = json.get(name);
    return value == null || value.kind() != JsonKind.NUMBER
        ? 0
        : Long.parseLong(new String(value.toBytes(), UTF_8));
  }

  private static @Nullable String string(JsonObject json, String name) {
    JsonValue value = json.get(name);
    return value == null || value.kind() != JsonKind.STRING ? null : value.asString();
  }
}
