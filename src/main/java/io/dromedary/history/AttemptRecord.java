package io.dromedary.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one event in one attempt. An attempt with a batch has a record of each event.
 * What an operator or a transform has taken out of the outbox has one, too, whose webhook and
 * number are 0.
 *
 * @param seq its place in the history; 0 before it has one
 * @param at the instant at which the attempt began
 * @param webhook its number at the destination, from 1
 * @param webhookName what may be shown of its URL
 * @param type the type of the event
 * @param number of the attempt at this event, from 1
 * @param outcome {@code accepted}, {@code temporary}, {@code permanent}; or {@link #DROPPED},
 *     {@link #DELETED}
 * @param attemptClass what it was, in one word of a few, such as {@code timeout} or {@code 5xx}
 * @param status the HTTP status, or null where there was no answer
 * @param took from the beginning to the outcome
 * @param detail what is wrong, with the beginning of the answer: at most {@value #MOST_DETAIL}
 *     bytes; null where nothing is
 * @param nextAt the instant of the next attempt, or null where there is none
 * @param because why then and not before, or why never
 * @param origin what the attempt was made for
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

  /** The outcome of an attempt that is repeated. */
  public static final String TEMPORARY = "temporary";

  /** The outcome of an attempt that no other follows at this webhook. */
  public static final String PERMANENT = "permanent";

  /** The transform has left the event out. */
  public static final String DROPPED = "dropped";

  /** An operator has deleted the event, or its dead letter. */
  public static final String DELETED = "deleted";

  /** How the reason begins of an attempt after which the event was given up. */
  public static final String DEAD_LETTER = "it is a dead letter: ";

  /** How many bytes the detail has at the most. */
  public static final int MOST_DETAIL = 256;

  public AttemptRecord {
    if (detail != null) {
      detail = cut(detail);
    }
  }

  /** The end of an event that has not come of an attempt. */
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

  /** The same with another detail. */
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

  /** Whether it is of no attempt, but of an event that was dropped or deleted. */
  public boolean isGone() {
    return webhook == 0;
  }

  /** Whether the event was given up after it. */
  boolean isLastOfDead() {
    return because != null && because.startsWith(DEAD_LETTER);
  }

  /** Whether it is kept whatever else there is: all but events that were accepted at once. */
  boolean isInteresting() {
    return number != 1 || !outcome.equals(ACCEPTED) || origin != Origin.DELIVERY;
  }

  /** What it takes in memory and, about, in the store. */
  int bytes() {
    return 200
        + destination.length()
        + webhookName.length()
        + 2 * messageId.length()
        + type.length()
        + (detail == null ? 0 : detail.length())
        + (because == null ? 0 : because.length());
  }

  /** Cut behind a whole character. */
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
