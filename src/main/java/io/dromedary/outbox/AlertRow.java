package io.dromedary.outbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The stored state of one subject of alerts, such as a webhook. Immutable.
 *
 * @param kind the kind of subject, such as a webhook
 * @param subject the subject's name among those of its kind
 * @param version the number of changes so far; 0 if the row is not stored yet
 * @param state the state that was reported last, in one word
 * @param since the instant at which that state began
 * @param toldAt the instant of the last alert about it, or null
 * @param told the last alert about it, as JSON, or null
 * @param count the number of occurrences that have not been reported yet
 * @param note data that the subject's rule keeps for its next evaluation
 */
public record AlertRow(
    String kind,
    String subject,
    long version,
    String state,
    Instant since,
    @Nullable Instant toldAt,
    @Nullable String told,
    long count,
    String note) {

  /** Makes a row that is not stored yet. */
  public static AlertRow of(String kind, String subject, String state, Instant since) {
    return new AlertRow(kind, subject, 0, state, since, null, null, 0, "");
  }

  /** A copy in another state, which began at that instant. */
  public AlertRow in(String next, Instant at) {
    return new AlertRow(kind, subject, version, next, at, toldAt, told, count, note);
  }

  /** A copy with that number of occurrences that have not been reported yet. */
  public AlertRow withCount(long next) {
    return new AlertRow(kind, subject, version, state, since, toldAt, told, next, note);
  }

  /** A copy with another note. */
  public AlertRow withNote(String next) {
    return new AlertRow(kind, subject, version, state, since, toldAt, told, count, next);
  }

  /** A copy after an alert has been sent. */
  public AlertRow told(String alert, Instant at) {
    return new AlertRow(kind, subject, version, state, since, at, alert, count, note);
  }

  /** A copy with the next version, as a change stores it. */
  AlertRow changed() {
    return new AlertRow(kind, subject, version + 1, state, since, toldAt, told, count, note);
  }
}
