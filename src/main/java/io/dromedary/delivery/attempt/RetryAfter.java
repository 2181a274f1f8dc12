package io.dromedary.delivery.attempt;

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
 * Reads the header {@code Retry-After}: a number of seconds, or a date in one of the three formats
 * that recipients must accept (RFC 9110, 5.6.7).
 */
final class RetryAfter {

  /**
   * The longest wait that is accepted: longer than any window, and short enough not to overflow.
   */
  private static final Duration LONGEST = Duration.ofDays(365);

  /** The formats, without the day of the week, which is redundant. */
  private static final List<DateTimeFormatter> DATES =
      List.of(
          date("d MMM uuuu HH:mm:ss 'GMT'"),
          new DateTimeFormatterBuilder()
              .parseCaseInsensitive()
              .appendPattern("d-MMM-")
              // Two digits are a year that is at most about 50 years ahead.
              .appendValueReduced(ChronoField.YEAR, 2, 2, LocalDate.of(1976, 1, 1))
              .appendPattern(" HH:mm:ss 'GMT'")
              .toFormatter(Locale.ENGLISH),
          // In asctime's format a day of one digit has a blank in front.
          date("MMM ppd HH:mm:ss uuuu"),
          date("MMM d HH:mm:ss uuuu"));

  private RetryAfter() {}

  private static DateTimeFormatter date(String pattern) {
    return new DateTimeFormatterBuilder()
        .parseCaseInsensitive()
        .appendPattern(pattern)
        .toFormatter(Locale.ENGLISH);
  }

  /**
   * Returns the instant that the header names; null if it is missing, in the past or unreadable.
   */
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
