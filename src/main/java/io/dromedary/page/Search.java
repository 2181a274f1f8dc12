package io.dromedary.page;

import io.dromedary.history.AttemptFilter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.store.EventFilter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A search: qualifiers such as {@code type:track}, and one bare word, which is an id or its
 * beginning. A value with blanks is quoted.
 */
final class Search {

  static final String EXPECTED =
      "type:, id:, user:, destination:, webhook:, status:, class:, outcome:, reason:, after: and"
          + " before:";

  private static final Set<String> NAMES =
      Set.of(
          "type",
          "id",
          "user",
          "destination",
          "webhook",
          "status",
          "class",
          "outcome",
          "reason",
          "after",
          "before");

  private static final int LONGEST = 500;
  private static final Pattern PART =
      Pattern.compile("(?:([a-z]+):)?(?:\"([^\"]*)\"|([^\\s\"]+))(?:\\s+|$)");
  private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");
  private static final Pattern STATUS = Pattern.compile("[1-5](\\d\\d|xx)|none");
  private static final Pattern PLACE = Pattern.compile("([a-zA-Z0-9-]+)/([1-5])");

  private final Map<String, String> values;
  private final @Nullable Instant after;
  private final @Nullable Instant before;

  private Search(Map<String, String> values, Instant now) {
    this.values = values;
    this.after = instant("after", now);
    this.before = instant("before", now);
  }

  /**
   * Reads a search.
   *
   * @param text null or blank for a search that matches everything
   * @throws IllegalArgumentException if the search cannot be read; the message says why
   */
  static Search of(@Nullable String text, Instant now) {
    Map<String, String> values = new LinkedHashMap<>();
    String left = text == null ? "" : text.strip();
    if (left.length() > LONGEST) {
      throw new IllegalArgumentException(
          "expected a search of at most " + LONGEST + " characters, found more");
    }
    Matcher part = PART.matcher(left);
    int end = 0;
    while (end < left.length() && part.find(end) && part.start() == end) {
      end = part.end();
      String name = part.group(1);
      String value = part.group(2) != null ? part.group(2) : part.group(3);
      boolean isKnown = name != null && NAMES.contains(name);
      if (name != null && !isKnown && !value.startsWith("//")) {
        throw new IllegalArgumentException(
            "found \"" + name + ":\", expected an id, or qualifiers: " + EXPECTED);
      }
      // An id may have a colon in it.
      put(values, isKnown ? name : "id", isKnown ? value : part.group().strip());
    }
    if (end < left.length()) {
      throw new IllegalArgumentException(
          "found a quote without its other one, expected two, as in user:\"a b\"");
    }
    check(values);
    return new Search(values, now);
  }

  private static void put(Map<String, String> values, String name, String value) {
    String plain = value.startsWith("\"") ? value.substring(1, value.length() - 1) : value;
    if (values.put(name, plain) != null) {
      throw new IllegalArgumentException("found " + name + ": twice, expected it once");
    }
  }

  private static void check(Map<String, String> values) {
    String status = values.get("status");
    if (status != null && !STATUS.matcher(status).matches()) {
      throw new IllegalArgumentException(
          "status: found \"" + status + "\", expected one such as 503, 5xx, or none");
    }
    String reason = values.get("reason");
    if (reason != null && Reason.of(reason) == null) {
      throw new IllegalArgumentException(
          "reason: found \"" + reason + "\", expected one of " + String.join(", ", Reason.all()));
    }
    String webhook = values.get("webhook");
    Matcher place = PLACE.matcher(webhook == null ? "" : webhook);
    if (place.matches()) {
      // The overview names a webhook in this way: destination/number.
      values.put("webhook", place.group(2));
      values.putIfAbsent("destination", place.group(1));
    }
  }

  private @Nullable Instant instant(String name, Instant now) {
    String value = values.get(name);
    if (value == null) {
      return null;
    }
    Matcher ago = AGO.matcher(value);
    if (ago.matches()) {
      long count = Long.parseLong(ago.group(1));
      Duration before =
          switch (ago.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(Math.min(count, 3650));
          };
      return now.minus(before);
    }
    try {
      return Instant.parse(value);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          name
              + ": found \""
              + value
              + "\", expected how long ago, such as 10m, or an instant such as"
              + " 2026-01-02T03:04:05Z",
          e);
    }
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  /** Returns whether the search is for dead letters rather than for attempts. */
  boolean isOfDeadLetters() {
    return values.containsKey("reason");
  }

  AttemptFilter attempts() {
    return new AttemptFilter(
        values.get("destination"),
        values.get("webhook"),
        values.get("type"),
        values.get("id"),
        values.get("user"),
        values.get("status"),
        values.get("class"),
        values.get("outcome"),
        after,
        before);
  }

  /** The same search as parameters of the dead letters view. */
  Map<String, @Nullable String> deadLetters() {
    Map<String, @Nullable String> parameters = new LinkedHashMap<>();
    parameters.put("reason", values.get("reason"));
    parameters.put("destination", values.get("destination"));
    parameters.put("webhook", values.get("webhook"));
    parameters.put("status", values.get("status"));
    parameters.put("class", values.get("class"));
    parameters.put("type", values.get("type"));
    parameters.put("messageId", values.get("id"));
    parameters.put("userId", values.get("user"));
    parameters.put("since", after == null ? null : after.toString());
    parameters.put("until", before == null ? null : before.toString());
    return parameters;
  }

  /** The filter that parameters of the dead letters view describe. */
  static DeadLetterFilter filter(Map<String, String> parameters) {
    Map<String, String> known = new LinkedHashMap<>(parameters);
    check(known);
    String reason = known.get("reason");
    return new DeadLetterFilter(
        new EventFilter(
            known.get("destination"),
            known.get("type"),
            known.get("messageId"),
            known.get("userId"),
            parsed(known, "since"),
            parsed(known, "until"),
            Set.of()),
        reason == null ? null : Reason.of(reason),
        known.get("webhook"),
        known.get("status"),
        known.get("class"));
  }

  private static @Nullable Instant parsed(Map<String, String> parameters, String name) {
    String value = parameters.get(name);
    try {
      return value == null ? null : Instant.parse(value);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          name + ": found \"" + value + "\", expected an instant such as 2026-01-02T03:04:05Z", e);
    }
  }
}
