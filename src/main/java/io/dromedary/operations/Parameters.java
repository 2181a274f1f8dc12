package io.dromedary.operations;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetters.Place;
import io.dromedary.outbox.store.EventFilter;
import java.net.URLDecoder;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request. A parameter that is unknown or comes twice is refused: a misspelt
 * filter must not select all events.
 */
final class Parameters {

  /** The names of the parameters that select events. */
  private static final List<String> EVENTS =
      List.of(
          "type",
          "messageId",
          "userId",
          "destination",
          "webhook",
          "status",
          "class",
          "since",
          "until",
          "id");

  /** The names of the parameters that select pending events. */
  static final List<String> PENDING = EVENTS;

  /** The names of the parameters that select dead letters. */
  static final List<String> DEAD_LETTERS =
      Stream.concat(Stream.of("reason"), EVENTS.stream()).toList();

  private static final Pattern PLACE = Pattern.compile("(\\d{1,18})-(\\d{1,18})");

  private static final Pattern STATUS = Pattern.compile("[1-5](\\d\\d|xx)|none");

  private final Set<String> filters;
  private final Map<String, String> values = new TreeMap<>();

  /**
   * Reads the parameters of a query string.
   *
   * @param query the query string as it arrived. Camel's headers do not serve: they mix parameters
   *     with the headers of the request.
   * @param filters the names of the parameters that select events
   * @param others the names of the other parameters that are allowed
   * @throws IllegalArgumentException if a parameter is unknown, empty or repeated; the message says
   *     which
   */
  Parameters(@Nullable String query, List<String> filters, Set<String> others) {
    this.filters = new TreeSet<>(filters);
    Set<String> known = new TreeSet<>(filters);
    known.addAll(others);
    for (String part : query == null ? new String[0] : query.split("&", -1)) {
      String[] pair = part.split("=", 2);
      String name = URLDecoder.decode(pair[0], UTF_8);
      String value = pair.length == 1 ? "" : URLDecoder.decode(pair[1], UTF_8);
      if (!known.contains(name)) {
        throw wrong("the parameters", name, "none but " + String.join(", ", known));
      }
      if (value.isEmpty()) {
        throw wrong(name, value, "a value");
      }
      if (values.put(name, value) != null) {
        throw wrong(name, "two values", "one");
      }
    }
  }

  private static IllegalArgumentException wrong(String name, String found, String expected) {
    String shown = found.length() <= 80 ? found : found.substring(0, 80) + "…";
    return new IllegalArgumentException(name + ": found \"" + shown + "\", expected " + expected);
  }

  boolean isTrue(String name) {
    String value = values.getOrDefault(name, "false");
    if (!value.equals("true") && !value.equals("false")) {
      throw wrong(name, value, "true or false");
    }
    return value.equals("true");
  }

  /** Refuses a request that has neither a filter nor {@code all=true}, or has both. */
  void requireFilter() {
    boolean isAll = isTrue("all");
    if (filters.stream().noneMatch(values::containsKey) != isAll) {
      throw new IllegalArgumentException(
          "expected either a filter (" + String.join(", ", filters) + ") or all=true");
    }
  }

  DeadLetterFilter deadLetters() {
    String reason = values.get("reason");
    if (reason != null && Reason.of(reason) == null) {
      throw wrong("reason", reason, "one of " + String.join(", ", Reason.all()));
    }
    return new DeadLetterFilter(
        events(),
        reason == null ? null : Reason.of(reason),
        values.get("webhook"),
        status(),
        attemptClass());
  }

  /** The requested status of an answer, or null if the request names none. */
  @Nullable String status() {
    String status = values.get("status");
    if (status != null && !STATUS.matcher(status).matches()) {
      throw wrong("status", status, "a status such as 503, a class such as 5xx, or none");
    }
    return status;
  }

  /** The requested class of an attempt, or null if the request names none. */
  @Nullable String attemptClass() {
    String found = values.get("class");
    if (found != null && !AttemptClass.labels().contains(found)) {
      throw wrong("class", found, "one of " + String.join(", ", AttemptClass.labels()));
    }
    return found;
  }

  @Nullable String text(String name) {
    return values.get(name);
  }

  EventFilter events() {
    Set<Long> ids = new HashSet<>();
    String list = values.get("id");
    if (list != null) {
      if (!list.matches("\\d{1,18}(,\\d{1,18}){0,999}")) {
        throw wrong("id", list, "1 to 1,000 numbers separated by commas");
      }
      for (String id : list.split(",", -1)) {
        ids.add(Long.valueOf(id));
      }
    }
    return new EventFilter(
        values.get("destination"),
        values.get("type"),
        values.get("messageId"),
        values.get("userId"),
        instant("since"),
        instant("until"),
        ids);
  }

  private @Nullable Instant instant(String name) {
    String value = values.get(name);
    try {
      return value == null ? null : Instant.parse(value);
    } catch (DateTimeParseException e) {
      throw wrong(name, value, "an instant such as 2026-01-02T03:04:05Z");
    }
  }

  int number(String name, int fallback, int most) {
    String value = values.get(name);
    if (value == null) {
      return fallback;
    }
    int number = value.matches("\\d{1,9}") ? Integer.parseInt(value) : 0;
    if (number < 1 || number > most) {
      throw wrong(name, value, "a whole number from 1 to " + most);
    }
    return number;
  }

  /** The cursor of a page: the id after which it begins. */
  long after() {
    String value = values.getOrDefault("after", "0");
    if (!value.matches("\\d{1,18}")) {
      throw wrong("after", value, "what an earlier answer has as next");
    }
    return Long.parseLong(value);
  }

  /** A cursor in the history. */
  long place(String name) {
    String value = values.getOrDefault(name, "");
    if (!value.matches("\\d{1,18}")) {
      throw wrong(name, value, "a number that an earlier answer has as seq or next");
    }
    return Long.parseLong(value);
  }

  @Nullable Place before() {
    String value = values.get("before");
    if (value == null) {
      return null;
    }
    Matcher place = PLACE.matcher(value);
    if (!place.matches()) {
      throw wrong("before", value, "what an earlier answer has as next");
    }
    return new Place(Long.parseLong(place.group(1)), Long.parseLong(place.group(2)));
  }

  /** A cursor in the form that {@link #before()} reads. */
  static String text(Place place) {
    return place.deadMillis() + "-" + place.id();
  }
}
