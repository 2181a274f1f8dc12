package io.dromedary.event;

import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonValue;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Validates an event and fills in what the sender left out. Not thread-safe. */
final class EventCompletion {

  /** The longest message id, in characters. */
  private static final int MOST_MESSAGE_ID = 99;

  private static final DateTimeFormatter MILLIS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

  /**
   * The largest error of a client's clock that is corrected. A clock that is further off may not be
   * off by the same amount all the time.
   */
  private static final Duration MOST_SKEW = Duration.ofDays(1);

  private static final JsonValue VERSION = JsonValue.ofNumber(1);

  private final Instant now;
  private final boolean trusted;
  private final Supplier<String> ids;
  private final DestinationChoice choice;
  private final @Nullable String sender;
  private final JsonValue receivedAt;

  /**
   * Makes a completion for the events of one message.
   *
   * @param trusted whether a {@code receivedAt} in the event is kept
   * @param ids supplies ids for events that have none
   * @param sender the write key that came beside the message; it overrides those in the events
   */
  EventCompletion(
      Instant now,
      boolean trusted,
      Supplier<String> ids,
      DestinationChoice choice,
      @Nullable String sender) {
    this.now = now;
    this.trusted = trusted;
    this.ids = ids;
    this.choice = choice;
    this.sender = sender;
    this.receivedAt = time(now);
  }

  /**
   * Validates and completes an event.
   *
   * @return the complete event, or null if its sender excludes webhooks or no destination takes it
   * @throws InvalidEventException if the event is not valid
   */
  @Nullable Event complete(JsonObject event, BatchEnvelope wrapper, @Nullable EventType fromPath)
      throws InvalidEventException {
    EventType type = type(event, fromPath);
    checkWho(event, type);
    String messageId = messageId(event);
    merge(event, "context", wrapper.context());
    merge(event, "integrations", wrapper.integrations());
    List<String> destinations = choice.of(type, source(event, wrapper));
    event.remove("writeKey");
    if (destinations.isEmpty() || !isWanted(event)) {
      return null;
    }
    if (type != EventType.DELETE && event.get("version") == null) {
      event.put("version", VERSION);
    }
    times(event, wrapper);
    return new Event(messageId, type, now, event.toBytes(), destinations);
  }

  private @Nullable String source(JsonObject event, BatchEnvelope wrapper) {
    if (sender != null) {
      return sender;
    }
    String own = string(event, "writeKey");
    return own == null ? wrapper.writeKey() : own;
  }

  private static EventType type(JsonObject event, @Nullable EventType fromPath)
      throws InvalidEventException {
    JsonValue value = event.get("type");
    if (value == null || value.kind() == JsonKind.NULL) {
      if (fromPath == null) {
        throw invalid("expected \"type\" to be one of " + EventType.all() + ", found none");
      }
      event.put("type", JsonValue.ofString(fromPath.json()));
      return fromPath;
    }
    String name = string(value);
    EventType type = name == null ? null : EventType.of(name);
    if (type == null && name != null) {
      type = EventType.ofAnyCase(name);
      if (type != null) {
        event.put("type", JsonValue.ofString(type.json()));
      }
    }
    if (type == null) {
      throw invalid(
          "expected \"type\" to be one of " + EventType.all() + ", found " + shown(value));
    }
    if (fromPath != null && fromPath != type) {
      throw invalid(
          "expected \"type\" to be \""
              + fromPath.json()
              + "\" as in the path, found "
              + shown(value));
    }
    return type;
  }

  private static void checkWho(JsonObject event, EventType type) throws InvalidEventException {
    // An alias may have the keys of Segment's documentation instead of those of its API.
    boolean documented = type == EventType.ALIAS && isId(event, "User ID");
    if (!isId(event, "userId") && !isId(event, "anonymousId") && !documented) {
      throw invalid("expected a \"userId\" or an \"anonymousId\", found neither");
    }
    String required = type.required();
    if (required != null
        && !isId(event, required)
        && !(type == EventType.ALIAS && isId(event, "Previous ID"))) {
      JsonValue found = event.get(required);
      throw invalid(
          "expected a \""
              + required
              + "\" in an event of type "
              + type.json()
              + ", found "
              + (found == null ? "none" : shown(found)));
    }
  }

  /** Returns whether a field is an id. Senders use numbers as ids, too. */
  static boolean isId(JsonObject event, String name) {
    JsonValue value = event.get(name);
    return value != null
        && (value.kind() == JsonKind.NUMBER
            || (value.kind() == JsonKind.STRING && value.length() > 2));
  }

  private String messageId(JsonObject event) throws InvalidEventException {
    JsonValue value = event.get("messageId");
    if (value == null
        || value.kind() == JsonKind.NULL
        || (value.kind() == JsonKind.STRING && value.length() == 2)) {
      String id = ids.get();
      event.put("messageId", JsonValue.ofString(id));
      return id;
    }
    String id = string(value);
    if (id == null || id.length() > MOST_MESSAGE_ID) {
      throw invalid(
          "expected \"messageId\" to be a string of under 100 characters, found "
              + (id == null ? shown(value) : id.length() + " characters"));
    }
    return id;
  }

  private static void merge(JsonObject event, String name, @Nullable JsonValue ofBatch) {
    if (ofBatch == null) {
      return;
    }
    JsonValue own = event.get(name);
    if (own == null || own.kind() == JsonKind.NULL) {
      event.put(name, ofBatch);
    } else if (own.kind() == JsonKind.OBJECT) {
      JsonObject merged = own.asObject();
      merged.addAllAbsent(ofBatch.asObject());
      event.put(name, merged.toValue());
    }
  }

  /**
   * Returns whether the sender wants the event delivered to webhooks. In {@code integrations},
   * {@code "Webhooks"} counts before {@code "All"}; without both it is wanted.
   */
  private static boolean isWanted(JsonObject event) {
    JsonValue value = event.get("integrations");
    if (value == null || value.kind() != JsonKind.OBJECT) {
      return true;
    }
    JsonObject integrations = value.asObject();
    JsonKind webhooks = kind(integrations.get("Webhooks"));
    if (webhooks == JsonKind.TRUE || webhooks == JsonKind.OBJECT) {
      return true;
    }
    return webhooks != JsonKind.FALSE && kind(integrations.get("All")) != JsonKind.FALSE;
  }

  private static JsonKind kind(@Nullable JsonValue value) {
    return value == null ? JsonKind.NULL : value.kind();
  }

  private void times(JsonObject event, BatchEnvelope wrapper) {
    JsonValue sentAtOfBatch = wrapper.sentAt();
    if (sentAtOfBatch != null && present(event.get("sentAt")) == null) {
      event.put("sentAt", sentAtOfBatch);
    }
    JsonValue receivedAtValue = trusted ? event.get("receivedAt") : null;
    Instant received = receivedAtValue == null ? null : instant(string(receivedAtValue));
    if (received == null || receivedAtValue == null) {
      received = now;
      receivedAtValue = receivedAt;
      event.put("receivedAt", receivedAt);
    }
    JsonValue timestamp = present(event.get("timestamp"));
    JsonValue original = present(event.get("originalTimestamp"));
    JsonValue client = original == null ? timestamp : original;
    Instant sentAt = instant(string(event, "sentAt"));
    sentAt = sentAt == null ? wrapper.sentAtInstant() : sentAt;
    Instant clientTime = client == null ? null : instant(string(client));
    Duration skew = sentAt == null ? null : Duration.between(sentAt, received);
    if (skew != null
        && skew.abs().compareTo(MOST_SKEW) <= 0
        && client != null
        && clientTime != null) {
      // The client's clock may be wrong, but the time between two of its readings is right.
      Instant corrected = clientTime.plus(skew);
      event.put("originalTimestamp", client);
      event.put("timestamp", time(corrected));
    } else if (timestamp == null) {
      event.put("timestamp", client == null ? receivedAtValue : client);
    }
  }

  private static @Nullable JsonValue present(@Nullable JsonValue value) {
    return kind(value) == JsonKind.NULL ? null : value;
  }

  private static JsonValue time(Instant instant) {
    return JsonValue.ofString(MILLIS.format(instant));
  }

  /** Reads an ISO 8601 text with an offset. Returns null if it is not a valid instant. */
  static @Nullable Instant instant(@Nullable String text) {
    if (text == null || text.length() > 40) {
      return null;
    }
    try {
      Instant instant = IsoInstant.read(text);
      // Beyond these years, differences and formats would overflow.
      long seconds = instant.getEpochSecond();
      return Math.abs(seconds) > 100_000_000_000L ? null : instant;
    } catch (DateTimeException e) {
      return null;
    }
  }

  static @Nullable String string(JsonObject event, String name) {
    JsonValue value = event.get(name);
    return value == null ? null : string(value);
  }

  static @Nullable String string(JsonValue value) {
    return value.kind() == JsonKind.STRING ? value.asString() : null;
  }

  /** A value as error messages show it, shortened. */
  private static String shown(JsonValue value) {
    String text = string(value);
    if (text == null) {
      return Element.shown(value.kind());
    }
    return "\"" + (text.length() <= 40 ? text : text.substring(0, 40) + "…") + "\"";
  }

  private static InvalidEventException invalid(String message) {
    return new InvalidEventException("invalid_event", message);
  }
}
