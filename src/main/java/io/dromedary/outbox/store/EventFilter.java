package io.dromedary.outbox.store;

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
 * Selects pending events or dead letters of the outbox. An event matches if it meets every
 * criterion that is not null.
 *
 * @param userId the event's {@code userId}
 * @param since the earliest instant, inclusive, at which a pending event was accepted or a dead
 *     letter was given up
 * @param until the latest such instant, exclusive
 * @param ids the ids in the store; empty selects any
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

  /**
   * Adds the conditions on the columns that both tables have.
   *
   * @param instantColumn the column for {@code since} and {@code until}, which differs by table
   */
  public void addTo(Conditions conditions, String instantColumn) {
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

  /** Converts an instant to milliseconds, limited to the range of the store's columns. */
  private static long millis(Instant instant) {
    try {
      return instant.toEpochMilli();
    } catch (ArithmeticException e) {
      return instant.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }

  /** Writes ids as literals, since a statement can have only a limited number of parameters. */
  public static String in(Stream<Long> ids) {
    return "id IN (" + ids.map(String::valueOf).collect(Collectors.joining(",")) + ")";
  }

  /** Whether the filter needs the text of the event, because the columns are not enough. */
  public boolean isByText() {
    return userId != null;
  }

  /**
   * Whether an event belongs to the user of this filter, according to its text. A dead letter may
   * be JSON that is invalid further on; the part before that counts. Numbers are compared in the
   * form in which they are delivered.
   */
  public boolean isOfUser(byte[] body) {
    if (userId == null) {
      return true;
    }
    boolean isOfUser = false;
    try {
      JsonReader json = new JsonReader(body);
      json.beginObject();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        if (name.equals("userId")) {
          // If a name occurs twice, the last value counts.
          isOfUser = isUser(json.read(), userId);
        } else {
          json.skip();
        }
      }
    } catch (InvalidJsonException e) {
      // The part before the error decides.
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

  /** A number in the form in which it is delivered, or null if the text is not a number. */
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
