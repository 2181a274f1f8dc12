package io.dromedary.delivery;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header {@code Retry-After}: seconds, or a date in one of the three forms that RFC 9110
 * (5.6.7) has a recipient accept.
 */
final class RetryAfter {

  /** Nothing a receiver may ask for reaches further: beyond every window, and no overflow. */
  private static final Duration LONGEST = Duration.ofDays(365);

  /** Without the day of the week, which says nothing. */
  private static final List<DateTimeFormatter> DATES =
      List.of(
          date("d MMM uuuu HH:mm:ss 'GMT'"),
          new DateTimeFormatterBuilder()
              .parseCaseInsensitive()
              .appendPattern("d-MMM-")
              // Of this century, where it is not more than 50 years ahead.
              .appendValueReduced(ChronoField.YEAR, 2, 2, LocalDate.of(1976, 1, 1))
              .appendPattern(" HH:mm:ss 'GMT'")
              .toFormatter(Locale.ENGLISH),
          // asctime: the day has a blank in front where it has one digit.
          date("MMM ppd HH:mm:ss uuuu"),
          date("MMM d HH:mm:ss uuuu"));

  private RetryAfter() {}

  private static DateTimeFormatter date(String pattern) {
    return new DateTimeFormatterBuilder()
        .parseCaseInsensitive()
        .appendPattern(pattern)
        .toFormatter(Locale.ENGLISH);
  }

  /** The instant that the header names; null where it is missing, past or unreadable. */
  static @Nullable Instant read(@Nullable String value, Instant now) {
    if (value == null) {
      return null;
    }
    String text = value.strip();
    if (text.matches("\\d+")) {
      String digits = text.replaceFirst("^0+(?=.)", "");
      long most = LONGEST.toSeconds();
      long seconds = digits.length() > 9 ? most : Math.min(most, Long.parseLong(digits));
      return seconds == 0 ? null : now.plusSeconds(seconds);
    }
    Instant date = date(text.replaceFirst("^\\p{Alpha}+,? ", ""), 0);
    if (date == null || !date.isAfter(now)) {
      return null;
    }
    Instant latest = now.plus(LONGEST);
    return date.isAfter(latest) ? latest : date;
  }

  private static @Nullable Instant date(String text, int form) {
    if (form == DATES.size()) {
      return null;
    }
    try {
      return LocalDateTime.parse(text, DATES.get(form)).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return date(text, form + 1);
    }
  }
}
