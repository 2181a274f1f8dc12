package io.dromedary.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The rows about replays: one a replay, and one for each of its events that has become something
 * else than delivered. An event that is still waiting has the replay's number in its own row, so
 * what is neither there nor among the ends is delivered. They belong to the writer's connection.
 */
final class ReplayRows {

  static final String INSERT_END = "INSERT INTO replay_end (replay, id, outcome) VALUES (?, ?, ?)";

  /** The outcome of what was deleted while it waited. */
  static final String DELETED = "deleted";

  /** The outcome of what an operator has given up. */
  static final String CANCELLED = "cancelled";

  private static final int EXPIRED_ROWS = 2000;

  private ReplayRows() {}

  /** What a dead letter counts as: the status of its last answer, or none. */
  static String outcome(DeadLetter letter) {
    return letter.lastStatus() == null ? "none" : letter.lastStatus().toString();
  }

  /** Adds a replay, and returns its number. */
  static long begin(Connection connection, long nowMillis, int ratePerSecond) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO replay (started_at, rate, events, restored) VALUES (?, ?, 0, 0)"
                + " RETURNING id")) {
      insert.setLong(1, nowMillis);
      insert.setInt(2, ratePerSecond);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** Marks events as those of a replay; they have to be in the store. */
  static void mark(Connection connection, long replay, String ids, int count) throws SQLException {
    try (Statement update = connection.createStatement()) {
      update.execute("UPDATE outbox SET replay = " + replay + " WHERE " + ids);
      update.execute("UPDATE replay SET events = events + " + count + " WHERE id = " + replay);
    }
  }

  /** Whether a replay goes on; keeps it from being stopped until the transaction has ended. */
  static boolean goesOn(Connection connection, long replay) throws SQLException {
    try (Statement update = connection.createStatement()) {
      return update.executeUpdate(
              "UPDATE replay SET rate = rate WHERE stopped_at IS NULL AND id = " + replay)
          == 1;
    }
  }

  /** Stops a replay, and returns whether there is one of that number. */
  static boolean stop(Connection connection, long replay, long nowMillis) throws SQLException {
    try (Statement update = connection.createStatement()) {
      return update.executeUpdate(
              "UPDATE replay SET stopped_at = coalesce(stopped_at, "
                  + nowMillis
                  + ") WHERE id = "
                  + replay)
          == 1;
    }
  }

  /** So many events of a replay are the dead letters again that they were. */
  static void restored(Connection connection, long replay, int count) throws SQLException {
    try (Statement update = connection.createStatement()) {
      update.execute("UPDATE replay SET restored = restored + " + count + " WHERE id = " + replay);
    }
  }

  /** Notes what becomes of events, as far as they come from replays, while their rows are there. */
  static void end(Connection connection, String ids, String outcome) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO replay_end (replay, id, outcome)"
                + " SELECT replay, id, ? FROM outbox WHERE replay IS NOT NULL AND "
                + ids)) {
      insert.setString(1, outcome);
      insert.executeUpdate();
    }
  }

  /** Deletes what is kept of an old replay, a bounded part of it; returns whether more is left. */
  static boolean tidy(Connection connection, long beforeMillis) throws SQLException {
    long replay;
    try (Statement statement = connection.createStatement()) {
      try (ResultSet old =
          statement.executeQuery("SELECT min(id) FROM replay WHERE started_at < " + beforeMillis)) {
        old.next();
        replay = old.getLong(1);
        if (old.wasNull()) {
          return false;
        }
      }
      int ends =
          statement.executeUpdate(
              "DELETE FROM replay_end WHERE replay = "
                  + replay
                  + " AND id IN (SELECT id FROM replay_end WHERE replay = "
                  + replay
                  + " LIMIT "
                  + EXPIRED_ROWS
                  + ")");
      if (ends < EXPIRED_ROWS) {
        statement.executeUpdate("DELETE FROM replay WHERE id = " + replay);
      }
      return true;
    }
  }
}
