package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.OutboxEvent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads dead letters from the columns of the store. */
final class DeadLetterColumns {

  /** All columns, in the order in which {@link #letter} reads them. */
  static final String ALL =
      "destination, message_id, type, accepted_at, attempts, reason, detail, last_status,"
          + " first_attempt_at, last_attempt_at, webhooks, body, id, dead_at, trace";

  private DeadLetterColumns() {}

  /**
   * Reads the dead letter of the current row.
   *
   * @param column the number of the first column
   */
  static DeadLetter letter(ResultSet row, int column) throws SQLException {
    Long status = number(row, column + 7);
    return new DeadLetter(
        row.getLong(column + 12),
        row.getString(column),
        new OutboxEvent(
            row.getString(column + 1),
            row.getString(column + 2),
            Instant.ofEpochMilli(row.getLong(column + 3)),
            row.getBytes(column + 11),
            row.getInt(column + 4),
            null,
            row.getBytes(column + 14)),
        reason(row.getString(column + 5)),
        row.getString(column + 6),
        status == null ? null : status.intValue(),
        instant(row, column + 8),
        instant(row, column + 9),
        Instant.ofEpochMilli(row.getLong(column + 13)),
        row.getString(column + 10));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    Long millis = number(row, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  /** Returns the reason with that lower-case name. */
  static Reason reason(String json) {
    Reason reason = Reason.of(json);
    if (reason == null) {
      throw new IllegalStateException(
          "The outbox has a dead letter of the reason \"" + json + "\".");
    }
    return reason;
  }
}
