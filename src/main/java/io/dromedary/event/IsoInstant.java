package io.dromedary.event;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/**
 * Reads instants as nearly all SDKs write them, {@code 2026-01-31T12:00:00.000Z}, without the
 * interpreter of patterns behind {@link Instant#parse}, which takes a twentieth of an event's CPU
 * time. Leaves every other form to it.
 */
final class IsoInstant {

  private static final String FORM = "dddd-dd-ddTdd:dd:dd.dddZ";

  /** Where the T stands: a sign before it is one of the date. */
  private static final int TIME = FORM.indexOf('T');

  private IsoInstant() {}

  /**
   * Reads an instant whose offset may also be written as in the basic format of ISO 8601, without a
   * colon or without minutes: {@code +0800}, {@code +08}. Older SDKs for iOS write it so.
   *
   * @throws DateTimeException if the text is no instant
   */
  static Instant read(String text) {
    int sign = text.length() - 5;
    if (isBasicOffset(text, sign)) {
      return parse(text.substring(0, sign + 3) + ":" + text.substring(sign + 3));
    }
    return isBasicOffset(text, text.length() - 3) ? parse(text + ":00") : parse(text);
  }

  /** Whether the text ends with a time of the day, a sign and digits. */
  private static boolean isBasicOffset(String text, int sign) {
    if (sign <= TIME || (text.charAt(sign) != '+' && text.charAt(sign) != '-')) {
      return false;
    }
    for (int i = sign + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /**
   * What {@link Instant#parse} returns.
   *
   * @throws DateTimeException if the text is no instant
   */
  static Instant parse(String text) {
    if (!hasForm(text)) {
      return Instant.parse(text);
    }
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (hour > 23 || minute > 59 || second > 59) {
      // The end of a day, a leap second, or nothing.
      return Instant.parse(text);
    }
    LocalDate day = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    long seconds = ((day.toEpochDay() * 24 + hour) * 60 + minute) * 60 + second;
    return Instant.ofEpochSecond(seconds, number(text, 20, 23) * 1_000_000L);
  }

  private static boolean hasForm(String text) {
    if (text.length() != FORM.length()) {
      return false;
    }
    for (int i = 0; i < FORM.length(); i++) {
      char expected = FORM.charAt(i);
      char found = text.charAt(i);
      if (expected == 'd' ? found < '0' || found > '9' : found != expected) {
        return false;
      }
    }
    return true;
  }

  private static int number(String digits, int start, int end) {
    int number = 0;
    for (int i = start; i < end; i++) {
      number = 10 * number + digits.charAt(i) - '0';
    }
    return number;
  }
}
