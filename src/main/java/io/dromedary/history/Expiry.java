package io.dromedary.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Deletes records that are too old or take too much space. Plain successes, which are numerous,
 * have limits separate from those of interesting records. Owned by the writer's thread.
 */
final class Expiry {

  private static final int PLAIN = 0;
  private static final int INTERESTING = 1;

  private static final Duration[] AGES = {Duration.ofHours(24), Duration.ofDays(7)};
  private static final Duration MINUTES = Duration.ofHours(24);
  private static final Duration HOURS = Duration.ofDays(30);

  private static final int PIECE = 2000;

  /** The most time it takes before the next write. */
  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long LOOK_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** After this part of the most bytes has been written, the size is looked at earlier. */
  private static final int WRITTEN_PART = 8;

  private long nextLookNanos = System.nanoTime();

  /** The bytes that were written since the size was looked at. */
  private long writtenBytes;

  /** Counts the bytes of written records. */
  void written(List<BufferedRecord> records) {
    for (BufferedRecord each : records) {
      writtenBytes += each.bytes();
    }
  }

  /** Deletes expired records, in separate transactions. */
  void expire(HistoryPlace place, Connection connection, long nowMillis) throws SQLException {
    long end = System.nanoTime() + MOST_NANOS;
    if (!place.lockToExpire(connection)) {
      connection.rollback();
      return;
    }
    for (int kind : new int[] {PLAIN, INTERESTING}) {
      expireOld(connection, kind, nowMillis - AGES[kind].toMillis(), end);
    }
    long most = place.mostBytes();
    if (System.nanoTime() - nextLookNanos >= 0 || writtenBytes > most / WRITTEN_PART) {
      writtenBytes = 0;
      boolean isDone = true;
      for (int kind : new int[] {PLAIN, INTERESTING}) {
        isDone &= expireMany(connection, kind, most, end);
      }
      expireRollups(connection, nowMillis);
      if (isDone) {
        nextLookNanos = System.nanoTime() + LOOK_NANOS;
      }
    }
    connection.commit();
    place.shrink(connection);
    connection.commit();
  }

  private static void expireOld(Connection connection, int kind, long before, long endNanos)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM attempt_history WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM"
                + " attempt_history WHERE interesting = ? ORDER BY seq LIMIT "
                + PIECE
                + ") AS oldest WHERE at < ?)")) {
      int deleted;
      do {
        delete.setInt(1, kind);
        delete.setLong(2, before);
        deleted = delete.executeUpdate();
      } while (deleted == PIECE && System.nanoTime() - endNanos < 0);
    }
  }

  /** Deletes the oldest records of a kind if they take too much space. Returns whether they fit. */
  private static boolean expireMany(Connection connection, int kind, long most, long endNanos)
      throws SQLException {
    long bytes = bytes(connection, kind);
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM attempt_history WHERE seq IN (SELECT seq FROM attempt_history WHERE"
                + " interesting = ? ORDER BY seq LIMIT "
                + PIECE
                + ") RETURNING bytes")) {
      while (bytes > most && System.nanoTime() - endNanos < 0) {
        delete.setInt(1, kind);
        try (ResultSet rows = delete.executeQuery()) {
          while (rows.next()) {
            bytes -= rows.getInt(1);
          }
        }
      }
    }
    return bytes <= most;
  }

  private static long bytes(Connection connection, int kind) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT sum(bytes) FROM attempt_history WHERE interesting = " + kind)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private static void expireRollups(Connection connection, long nowMillis) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM attempt_rollup WHERE (step = ? AND at < ?) OR (step = ? AND at < ?)")) {
      delete.setInt(1, Rollups.MINUTE);
      delete.setLong(2, nowMillis - MINUTES.toMillis());
      delete.setInt(3, Rollups.HOUR);
      delete.setLong(4, nowMillis - HOURS.toMillis());
      delete.executeUpdate();
    }
  }
}
