package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which events of the outbox are meant, whether they wait or are dead letters: those of which
 * everything is so that is not null.
 *
 * @param userId what the event has as its {@code userId}
 * @param since the first instant of their acceptance, or death
 * @param until the instant before which they were accepted, or died
 * @param ids their ids in the store; empty: any
 */
public record EventFilter(
    @Nullable String destination,
    @Nullable String type,
    @Nullable String messageId,
    @Nullable String userId,
    @Nullable Instant since,
    @Nullable Instant until,
    Set<Long> ids) {

  /** All events. */
  public static final EventFilter ALL =
      new EventFilter(null, null, null, null, null, null, Set.of());

  public EventFilter {
    ids = Set.copyOf(ids);
  }

  /** Adds what both tables have, of which the instant has a column of its own in each. */
  void addTo(Conditions conditions, String instantColumn) {
    conditions
        .add("destination = ?", destination)
        .add("type = ?", type == null ? null : Store.text(type))
        .add("message_id = ?", messageId == null ? null : Store.text(messageId))
        .add(instantColumn + " >= ?", since == null ? null : millis(since))
        .add(instantColumn + " < ?", until == null ? null : millis(until));
    if (!ids.isEmpty()) {
      conditions.add(in(ids.stream()));
    }
  }

  /** As near to an instant as the store's columns come. */
  private static long millis(Instant instant) {
    try {
      return instant.toEpochMilli();
    } catch (ArithmeticException e) {
      return instant.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }

  /** Numbers need no parameters, of which a statement can have only so many. */
  static String in(Stream<Long> ids) {
    return "id IN (" + ids.map(String::valueOf).collect(Collectors.joining(",")) + ")";
  }

  /** Whether columns do not tell all that is asked for. */
  boolean isByText() {
    return userId != null;
  }

  /**
   * Whether an event is its user's, which only its text tells. A dead letter may be JSON of which
   * only a part can be read, but belongs to that user all the same. Numbers are compared as they go
   * out.
   */
  boolean isOfUser(byte[] body) {
    if (userId == null) {
      return true;
    }
    boolean isOfUser = false;
    try {
      JsonReader json = new JsonReader(body);
      json.beginObject();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        if (name.equals("userId")) {
          // Of a name that comes twice the last value counts.
          isOfUser = isUser(json.read(), userId);
        } else {
          json.skip();
        }
      }
    } catch (InvalidJsonException e) {
      // It is read so far and no further.
    }
    return isOfUser;
  }

  private static boolean isUser(JsonValue id, String userId) {
    return switch (id.kind()) {
      case STRING -> id.asString().equals(userId);
      case NUMBER -> text(id).equals(number(userId));
      default -> false;
    };
  }

  /** A number as it goes out, or null where the text is none. */
  private static @Nullable String number(String text) {
    try {
      JsonReader json = new JsonReader(text.getBytes(UTF_8));
      JsonValue value = json.read();
      json.end();
      return value.kind() == JsonKind.NUMBER ? text(value) : null;
    } catch (InvalidJsonException e) {
      return null;
    }
  }

  private static String text(JsonValue value) {
    return new String(value.toBytes(), UTF_8);
  }
}
