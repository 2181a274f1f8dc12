package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.Outcome;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The progress of an event's delivery: the state of each webhook, as text for the outbox while the
 * event is parked and for its dead letter. Webhooks are identified by a key derived from their URL.
 * A webhook that was added later has not been tried, and the state of a removed one is dropped.
 */
public final class Progress {

  /** Marks an event that was a dead letter and was replayed, until its first attempt. */
  static final String REPLAYED = "replayed";

  private static final Progress NONE = read("{}");
  private static final Pattern NOT_BEFORE = Pattern.compile(",\"notBefore\":\\d+");

  public final @Nullable Instant firstAttemptAt;
  public final @Nullable Instant lastAttemptAt;
  final @Nullable Integer lastStatus;
  final int skipped;
  final boolean alone;
  final @Nullable String trace;
  private final List<JsonObject> webhooks;

  private Progress(JsonObject json, List<JsonObject> webhooks) {
    firstAttemptAt = instant(json, "firstAttemptAt");
    lastAttemptAt = instant(json, "lastAttemptAt");
    lastStatus = lastStatus(json, webhooks);
    skipped = (int) number(json, "skipped");
    alone = number(json, "alone") == 1;
    trace = string(json, "trace");
    this.webhooks = webhooks;
  }

  /** Reads the output of {@link #write}; null means that nothing has been sent. */
  public static Progress read(@Nullable String text) {
    if (text == null) {
      return NONE;
    }
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
          if (delivery.lastStatus() != null) {
            json.writeNumberField("lastStatus", delivery.lastStatus());
          }
          if (delivery.skipped() > 0) {
            json.writeNumberField("skipped", delivery.skipped());
          }
          if (delivery.claims().isReplayed(0)) {
            json.writeNumberField(REPLAYED, 1);
          }
          if (alone || delivery.isAlone()) {
            json.writeNumberField("alone", 1);
          }
          DeliveryTrace trace = delivery.trace();
          String before = trace == null ? null : trace.before();
          if (before != null) {
            json.writeStringField("trace", before);
          }
          json.writeArrayFieldStart("webhooks");
          for (int i = 0; i < webhooks.size(); i++) {
            json.writeStartObject();
            json.writeStringField("key", webhooks.get(i).key());
            // A webhook that rejected a batch has not rejected each of its events.
            WebhookState state = delivery.states().get(i);
            boolean again = alone && state == WebhookState.FAILED;
            write(json, again ? WebhookState.PENDING : state, delivery.states().outcome(i), true);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  /** Writes the state of each webhook as a JSON array, for a dead letter. */
  public static String webhooks(WebhookStates states, List<Webhook> webhooks) {
    StringWriter text = new StringWriter();
    text.append('[');
    for (int i = 0; i < webhooks.size(); i++) {
      int index = i;
      text.append(i == 0 ? "" : ",")
          .append(
              JsonFields.write(
                  json -> {
                    json.writeStringField("webhook", webhooks.get(index).name());
                    write(json, states.get(index), states.outcome(index), false);
                  }));
    }
    return text.append(']').toString();
  }

  private static void write(
      JsonGenerator json, WebhookState state, @Nullable Outcome outcome, boolean withNotBefore)
      throws IOException {
    json.writeStringField("state", state.json());
    if (outcome == null) {
      return;
    }
    json.writeStringField("class", outcome.attemptClass().label());
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

  /** Returns the state of each of these webhooks. Those without a stored state are pending. */
  public WebhookStates restore(List<Webhook> now) {
    WebhookStates states = new WebhookStates(now.size());
    for (int i = 0; i < now.size(); i++) {
      restore(now.get(i).key(), i, states);
    }
    return states;
  }

  private void restore(String key, int index, WebhookStates states) {
    for (JsonObject webhook : webhooks) {
      if (key.equals(string(webhook, "key"))) {
        WebhookState state = WebhookState.of(string(webhook, "state"));
        long status = number(webhook, "status");
        String error = string(webhook, "error");
        states.set(
            index,
            state,
            status == 0 && error == null && string(webhook, "class") == null
                ? null
                : Outcome.recalled(
                    state.kind(),
                    AttemptClass.ofLabel(string(webhook, "class")),
                    status == 0 ? null : (int) status,
                    error == null ? "" : error,
                    string(webhook, "answer"),
                    instant(webhook, "notBefore")));
      }
    }
  }

  /** Progress stored before 2026-11-29 does not say which webhook answered last. */
  private static @Nullable Integer lastStatus(JsonObject json, List<JsonObject> webhooks) {
    long status = number(json, "lastStatus");
    for (int i = webhooks.size() - 1; i >= 0 && status == 0; i--) {
      status = number(webhooks.get(i), "status");
    }
    return status == 0 ? null : (int) status;
  }

  /** Returns the stored progress without the instants before which webhooks must not be tried. */
  public static String withoutWaits(String text) {
    // Quotes inside JSON strings are escaped, so nothing else can match.
    return NOT_BEFORE.matcher(text).replaceAll("");
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
