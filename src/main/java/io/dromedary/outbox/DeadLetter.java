package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.event.RejectedEvent;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonStringify;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An event that was given up, with the reason. Immutable as long as nobody writes to the array.
 *
 * @param id the event's id in the store; 0 where there is none
 * @param destination where it was to go
 * @param event what came in; the type is empty where it was no event
 * @param detail what is wrong, for an operator
 * @param lastStatus the HTTP status of the last answer of any webhook, or null if none has answered
 * @param webhooks what each webhook made of it, a JSON array, or null where none was asked
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
    /** The event is not one: it was never sent. */
    INVALID,
    /** The destination's transform failed: the event was not sent. */
    TRANSFORM,
    /** No webhook is left that might still accept it. */
    REJECTED,
    /** The retry window has closed, or a receiver asked to wait until after it. */
    EXPIRED,
    /** An operator has given it up. */
    CANCELLED;

    private final String json = name().toLowerCase(Locale.ROOT);

    /** The reason as it is written, in lower case. */
    public String json() {
      return json;
    }

    /** All reasons as they are written, in their order. */
    public static List<String> all() {
      return Stream.of(values()).map(Reason::json).toList();
    }

    /** The reason of that name, or null. */
    public static @Nullable Reason of(String json) {
      for (Reason reason : values()) {
        if (reason.json.equals(json)) {
          return reason;
        }
      }
      return null;
    }
  }

  /** The dead letter of what came in for a destination and is no event. */
  public static DeadLetter of(String destination, RejectedEvent rejected, Instant now) {
    String messageId = rejected.messageId();
    return new DeadLetter(
        0,
        destination,
        new OutboxEvent(messageId == null ? "" : messageId, "", now, rejected.text()),
        Reason.INVALID,
        rejected.code() + ": " + rejected.message(),
        null,
        null,
        null,
        now,
        null);
  }

  /** The same with the id that it has in the store. */
  DeadLetter withId(long given) {
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

  /** Writes an event as the field {@code event}, or what is no JSON as {@code text}. */
  public static void writeEvent(JsonGenerator json, byte[] body) throws IOException {
    if (isJson(body)) {
      json.writeFieldName("event");
      json.writeRawValue(new String(body, UTF_8));
    } else {
      json.writeStringField("text", new String(body, UTF_8));
    }
  }

  /** Routes of other people may put anything into the outbox. */
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
