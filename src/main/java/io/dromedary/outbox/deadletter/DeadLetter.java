package io.dromedary.outbox.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonStringify;
import io.dromedary.outbox.store.OutboxEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An event that was given up, with the reason. Immutable unless a caller modifies the body's array.
 *
 * @param id the event's id in the store; 0 if it is not stored yet
 * @param destination the destination that the event was meant for
 * @param event the event as it came in; its type is empty if the input was not a valid event
 * @param detail an explanation for an operator
 * @param lastStatus the HTTP status of the last answer of any webhook, or null if none has answered
 * @param webhooks a JSON array with the outcome at each webhook, or null if none was tried
 */
public record DeadLetter(
    long id,
    String destination,
    OutboxEvent event,
    Reason reason,
    String detail,
    @Nullable Integer lastStatus,
    @Nullable Instant firstAttemptAt,
    @Nullable Instant lastAttemptAt,
    Instant deadAt,
    @Nullable String webhooks) {

  /** Why an event was given up. */
  public enum Reason {
    /** The input is not a valid event, so it was never sent. */
    INVALID,
    /** The destination's transform failed, so the event was not sent. */
    TRANSFORM,
    /** No webhook is left that might still accept it. */
    REJECTED,
    /** The retry window has closed, or a receiver asked to wait until after it. */
    EXPIRED,
    /** An operator gave it up. */
    CANCELLED;

    private final String json = name().toLowerCase(Locale.ROOT);

    /** The reason in lower case, as it is written in JSON and in the store. */
    public String json() {
      return json;
    }

    /** All reasons in lower case, in the order of their declaration. */
    public static List<String> all() {
      return Stream.of(values()).map(Reason::json).toList();
    }

    /** The reason with that lower-case name, or null. */
    public static @Nullable Reason of(String json) {
      for (Reason reason : values()) {
        if (reason.json.equals(json)) {
          return reason;
        }
      }
      return null;
    }
  }

  /** A copy with the id that it has in the store. */
  public DeadLetter withId(long given) {
    return new DeadLetter(
        given,
        destination,
        event,
        reason,
        detail,
        lastStatus,
        firstAttemptAt,
        lastAttemptAt,
        deadAt,
        webhooks);
  }

  /** The dead letter as one JSON object, without a line break. */
  public String toJson() {
    return JsonFields.write(this::write);
  }

  /** Writes the fields of the JSON object. */
  void write(JsonGenerator json) throws IOException {
    if (id != 0) {
      json.writeNumberField("id", id);
    }
    json.writeStringField("reason", reason.json());
    json.writeStringField("detail", detail);
    json.writeStringField("destination", destination);
    if (!event.messageId().isEmpty()) {
      json.writeStringField("messageId", event.messageId());
    }
    if (!event.type().isEmpty()) {
      json.writeStringField("type", event.type());
    }
    if (lastStatus != null) {
      json.writeNumberField("lastStatus", lastStatus);
    }
    json.writeNumberField("attempts", event.attempts());
    json.writeStringField("acceptedAt", event.acceptedAt().toString());
    instant(json, "firstAttemptAt", firstAttemptAt);
    instant(json, "lastAttemptAt", lastAttemptAt);
    json.writeStringField("deadAt", deadAt.toString());
    if (webhooks != null) {
      json.writeFieldName("webhooks");
      json.writeRawValue(webhooks);
    }
    if (reason == Reason.INVALID) {
      json.writeStringField("text", new String(event.body(), UTF_8));
    } else {
      writeEvent(json, event.body());
    }
  }

  /** Writes a body as the field {@code event} if it is JSON, and as {@code text} if it is not. */
  public static void writeEvent(JsonGenerator json, byte[] body) throws IOException {
    if (isJson(body)) {
      json.writeFieldName("event");
      json.writeRawValue(new String(body, UTF_8));
    } else {
      json.writeStringField("text", new String(body, UTF_8));
    }
  }

  /** A host's own routes may store bodies that are not JSON. */
  private static boolean isJson(byte[] body) {
    try {
      JsonStringify.stringify(body);
      return true;
    } catch (InvalidJsonException e) {
      return false;
    }
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeStringField(name, instant.toString());
    }
  }
}
