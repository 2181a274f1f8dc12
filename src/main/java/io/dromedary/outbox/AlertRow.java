package io.dromedary.outbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of something that alerts may be about. Immutable.
 *
 * @param kind what it is, such as a webhook
 * @param subject which one
 * @param version counts the changes; 0: there is no such row yet
 * @param state what was told of it last, in a word
 * @param since the instant since which it has been so
 * @param toldAt the instant at which something was told of it last, or null
 * @param told the alert that was told last, as JSON, or null
 * @param count how much has come that was not told yet
 * @param note what its rule wants to know the next time
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

  /** A row that is not stored yet. */
  public static AlertRow of(String kind, String subject, String state, Instant since) {
    return new AlertRow(kind, subject, 0, state, since, null, null, 0, "");
  }

  /** The same in another state, from that instant on. */
  public AlertRow in(String next, Instant at) {
    return new AlertRow(kind, subject, version, next, at, toldAt, told, count, note);
  }

  /** The same with so much that was not told yet. */
  public AlertRow withCount(long next) {
    return new AlertRow(kind, subject, version, state, since, toldAt, told, next, note);
  }

  /** The same with another note. */
  public AlertRow withNote(String next) {
    return new AlertRow(kind, subject, version, state, since, toldAt, told, count, next);
  }

  /** The same when an alert has been told. */
  public AlertRow told(String alert, Instant at) {
    return new AlertRow(kind, subject, version, state, since, at, alert, count, note);
  }

  /** The same as it is stored after a change. */
  AlertRow changed() {
    return new AlertRow(kind, subject, version + 1, state, since, toldAt, told, count, note);
  }
}
