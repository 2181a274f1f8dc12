package io.dromedary.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record of one event in one attempt. An attempt with a batch has a record for each event. An
 * event that an operator or a transform has removed from the outbox has a record as well, whose
 * webhook and number are 0.
 *
 * @param seq its position in the history; 0 if it is not stored yet
 * @param at the instant at which the attempt began
 * @param webhook the number of the webhook at the destination, from 1
 * @param webhookName the part of the webhook's URL that may be shown
 * @param type the type of the event
 * @param number the number of the attempt at this event, from 1
 * @param outcome {@code accepted}, {@code temporary} or {@code permanent}; or {@link #DROPPED} or
 *     {@link #DELETED}
 * @param attemptClass the class of the result, one of a few words such as {@code timeout} or {@code
 *     5xx}
 * @param status the HTTP status, or null if there was no answer
 * @param took the time from the beginning to the outcome
 * @param detail the problem, with the beginning of the answer, in at most {@value #MOST_DETAIL}
 *     bytes; null if there was none
 * @param nextAt the instant of the next attempt, or null if there is none
 * @param because why the next attempt is at that instant, or why there is none
 * @param origin the reason for which the attempt was made
 */
public record AttemptRecord(
    long seq,
    Instant at,
    String destination,
    int webhook,
    String webhookName,
    String messageId,
    String type,
    int number,
    String outcome,
    String attemptClass,
    @Nullable Integer status,
    Duration took,
    @Nullable String detail,
    @Nullable Instant nextAt,
    @Nullable String because,
    Origin origin) {

  /** The outcome of an attempt whose event the webhook has accepted. */
  public static final String ACCEPTED = "accepted";

  /** The outcome of an attempt that is retried. */
  public static final String TEMPORARY = "temporary";

  /** The outcome of an attempt that is not retried at this webhook. */
  public static final String PERMANENT = "permanent";

  /** The outcome of an event that the transform has dropped. */
  public static final String DROPPED = "dropped";

  /** The outcome of an event that an operator has deleted, or of its dead letter. */
  public static final String DELETED = "deleted";

  /** The beginning of {@code because} if the event was given up after the attempt. */
  public static final String DEAD_LETTER = "it is a dead letter: ";

  /** The most bytes of the detail. */
  public static final int MOST_DETAIL = 256;

  public AttemptRecord {
    if (detail != null) {
      detail = cut(detail);
    }
  }

  /** Makes the record of an event that has ended without an attempt. */
  public static AttemptRecord gone(
      Instant at, String destination, String messageId, String type, String outcome) {
    return new AttemptRecord(
        0,
        at,
        destination,
        0,
        "",
        messageId,
        type,
        0,
        outcome,
        "",
        null,
        Duration.ZERO,
        null,
        null,
        null,
        Origin.DELIVERY);
  }

  /** A copy with another detail. */
  public AttemptRecord withDetail(@Nullable String other) {
    return new AttemptRecord(
        seq,
        at,
        destination,
        webhook,
        webhookName,
        messageId,
        type,
        number,
        outcome,
        attemptClass,
        status,
        took,
        other,
        nextAt,
        because,
        origin);
  }

  /** Whether it is about an event that was dropped or deleted, rather than an attempt. */
  public boolean isGone() {
    return webhook == 0;
  }

  /** Whether the event was given up after this attempt. */
  boolean isLastOfDead() {
    return because != null && because.startsWith(DEAD_LETTER);
  }

  /** Whether it is anything but the delivery of an event that was accepted at once. */
  boolean isInteresting() {
    return number != 1 || !outcome.equals(ACCEPTED) || origin != Origin.DELIVERY;
  }

  /** The memory it takes, in bytes, which is about its size in the store. */
  int bytes() {
    return 200
        + destination.length()
        + webhookName.length()
        + 2 * messageId.length()
        + type.length()
        + (detail == null ? 0 : detail.length())
        + (because == null ? 0 : because.length());
  }

  /** Cuts a text off after a whole character. */
  private static String cut(String text) {
    if (text.length() <= MOST_DETAIL / 3) {
      return text;
    }
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length <= MOST_DETAIL) {
      return text;
    }
    int end = MOST_DETAIL;
    while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, UTF_8);
  }
}
