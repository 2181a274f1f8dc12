package io.dromedary.command;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Formats an attempt for people, in one line. */
final class AttemptLine {

  private static final DateTimeFormatter WITH_MILLIS =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private AttemptLine() {}

  /** The line of an attempt, with times in the system's time zone. */
  static String of(Answer attempt) {
    ZonedDateTime at = local(attempt.string("at"));
    StringBuilder line = new StringBuilder();
    line.append(at.format(WITH_MILLIS)).append(' ').append(attempt.string("messageId"));
    line.append(' ').append(attempt.string("destination"));
    if (!attempt.has("webhook")) {
      // The record is the end of an event and not an attempt.
      return line.append(' ').append(attempt.string("outcome")).toString();
    }
    line.append('/').append(attempt.field("webhook"));
    line.append(" #").append(attempt.field("number"));
    line.append(' ').append(result(attempt));
    line.append("  ").append(Math.round(Double.parseDouble(attempt.field("tookMillis"))));
    line.append(" ms");
    String origin = attempt.string("origin");
    if (!origin.equals("delivery")) {
      line.append("  (").append(origin).append(')');
    }
    if (!attempt.string("outcome").equals("accepted")) {
      line.append("  → ").append(next(attempt, at));
    }
    if (attempt.has("detail")) {
      line.append("  \"").append(attempt.string("detail")).append('"');
    }
    return line.toString();
  }

  private static String result(Answer attempt) {
    return attempt.has("status") ? attempt.field("status") : attempt.string("class");
  }

  private static String next(Answer attempt, ZonedDateTime at) {
    if (!attempt.has("nextAt")) {
      return "none";
    }
    ZonedDateTime next = local(attempt.string("nextAt"));
    LocalDate day = next.toLocalDate();
    return next.format(day.equals(at.toLocalDate()) ? TIME : DATE);
  }

  private static ZonedDateTime local(String instant) {
    return Instant.parse(instant).atZone(ZoneId.systemDefault());
  }
}
