package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.StoreReading;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the progress of a replay from its own row, its pending events and those that ended. */
final class ReplayProgressRows {

  /**
   * Reads all counts in one statement, as of one instant. With several statements, an event that
   * ends in between would count twice or not at all.
   */
  private static final String SQL =
      "SELECT 0, CAST(rate AS TEXT), events, restored, started_at, stopped_at, adding_until"
          + " FROM replay WHERE id = ?"
          + " UNION ALL SELECT 1, '', count(*), 0, 0, max(due_at), 0 FROM outbox WHERE replay = ?"
          + " UNION ALL SELECT 2, outcome, count(*), 0, 0, 0, 0"
          + " FROM replay_end WHERE replay = ? GROUP BY outcome";

  private ReplayProgressRows() {}

  /** Reads how far the replay with that number has come. */
  static ReplayProgress read(StoreReading reading, long id) throws OutboxException {
    return reading.read(SQL, List.of(id, id, id), rows -> progress(id, rows));
  }

  private static ReplayProgress progress(long id, ResultSet rows) throws SQLException {
    long started = 0;
    Long stopped = null;
    boolean isAdding = false;
    int rate = 0;
    long events = 0;
    long restored = 0;
    long deleted = 0;
    long waiting = 0;
    Long lastDue = null;
    Map<String, Long> dead = new TreeMap<>();
    long ended = 0;
    while (rows.next()) {
      long count = rows.getLong(3);
      switch (rows.getInt(1)) {
        case 0 -> {
          rate = rows.getInt(2);
          events = count;
          restored = rows.getLong(4);
          started = rows.getLong(5);
          stopped = number(rows, 6);
          isAdding = number(rows, 7) != null;
        }
        case 1 -> {
          waiting = count;
          lastDue = number(rows, 6);
        }
        default -> {
          ended += count;
          if (rows.getString(2).equals(ReplayRows.DELETED)) {
            deleted = count;
          } else {
            dead.put(rows.getString(2), count);
          }
        }
      }
    }
    return new ReplayProgress(
        id,
        Instant.ofEpochMilli(started),
        stopped == null ? null : Instant.ofEpochMilli(stopped),
        isAdding,
        rate,
        events,
        waiting,
        events - waiting - ended - restored,
        dead,
        deleted,
        restored,
        lastDue == null ? null : Instant.ofEpochMilli(lastDue));
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }
}
