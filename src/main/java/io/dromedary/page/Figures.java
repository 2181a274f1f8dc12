package io.dromedary.page;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Formats numbers, durations and instants in the same way for every view. */
final class Figures {

  private static final DateTimeFormatter INSTANT =
      DateTimeFormatter.ofPattern("d MMM HH:mm:ss", Locale.ENGLISH).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter PRECISE =
      DateTimeFormatter.ofPattern("d MMM HH:mm:ss.SSS", Locale.ENGLISH).withZone(ZoneOffset.UTC);
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

  private Figures() {}

  /** A count with separators: {@code 1,204}. */
  static String count(long count) {
    return String.format(Locale.ENGLISH, "%,d", count);
  }

  /** A count with its noun: {@code 1 event}, {@code 3 events}. */
  static String count(long count, String one, String several) {
    return count(count) + " " + (count == 1 ? one : several);
  }

  /** A count in a few characters: {@code 950}, {@code 12.3k}, {@code 1.20M}. */
  static String brief(long count) {
    if (count < 10_000) {
      return count(count);
    }
    return count < 1_000_000
        ? String.format(Locale.ENGLISH, "%.1fk", count / 1e3)
        : String.format(Locale.ENGLISH, "%.2fM", count / 1e6);
  }

  /** A rate per second: {@code 0.25/s}, {@code 1,204/s}. */
  static String rate(double perSecond) {
    return String.format(
        Locale.ENGLISH, perSecond == 0 || perSecond >= 10 ? "%,.0f/s" : "%.2f/s", perSecond);
  }

  /** A share from 0 to 1 as a percentage; a share below 1 is never rounded up to 100. */
  static String share(double share) {
    double percent = share < 1 ? Math.min(share * 100, 99.99) : 100;
    return String.format(
        Locale.ENGLISH, percent == 100 || percent == 0 ? "%.0f %%" : "%.2f %%", percent);
  }

  /** A duration in one or two units: {@code 12 ms}, {@code 41 m}, {@code 2 h 5 m}. */
  static String duration(Duration duration) {
    long millis = Math.max(0, duration.toMillis());
    if (millis == 0 && duration.toNanos() > 0) {
      return "<1 ms";
    }
    if (millis < 1000) {
      return millis + " ms";
    }
    if (millis < 10_000) {
      return String.format(Locale.ENGLISH, "%.1f s", millis / 1000.0);
    }
    long seconds = millis / 1000;
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return two(seconds / 60, "m", seconds % 60, "s");
    }
    return seconds < 86_400
        ? two(seconds / 3600, "h", seconds % 3600 / 60, "m")
        : two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
  }

  private static String two(long first, String unit, long second, String smaller) {
    return first + " " + unit + (second == 0 || first >= 10 ? "" : " " + second + " " + smaller);
  }

  /** An instant in UTC, to the second. */
  static String instant(Instant instant) {
    return INSTANT.format(instant);
  }

  /** An instant in UTC, to the millisecond. */
  static String precise(Instant instant) {
    return PRECISE.format(instant);
  }

  /** A size in bytes: {@code 512 B}, {@code 1.2 GB}. */
  static String bytes(long bytes) {
    double size = bytes;
    int unit = 0;
    while (size >= 1000 && unit < UNITS.length - 1) {
      size /= 1000;
      unit++;
    }
    return String.format(
        Locale.ENGLISH, unit == 0 || size >= 10 ? "%.0f %s" : "%.1f %s", size, UNITS[unit]);
  }

  /** Writes an element that shows an instant to the second; its title has the exact instant. */
  static void time(Html html, Instant instant) {
    html.element(
        "time", instant(instant), "datetime", instant.toString(), "title", instant.toString());
  }
}
