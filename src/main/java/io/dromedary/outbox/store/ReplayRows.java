package io.dromedary.outbox.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * Reads and writes the rows about replays, on the writer's connection. Each replay has one row in
 * {@code replay}, and one in {@code replay_end} for each of its events that ended other than by
 * delivery. The row of an event that still waits has the replay's number. An event that has neither
 * is delivered.
 */
public final class ReplayRows {

  private static final String INSERT_END =
      "INSERT INTO replay_end (replay, id, outcome) VALUES (?, ?, ?)";

  /** The outcome of an event that died without an answer of any webhook. */
  public static final String NO_ANSWER = "none";

  /** The outcome of an event that was deleted while it waited. */
  public static final String DELETED = "deleted";

  /** The outcome of an event that an operator gave up. */
  public static final String CANCELLED = "cancelled";

  /**
   * How long a replay may take to put back its next dead letters. After that its process counts as
   * ended, and it puts back no more.
   */
  public static final Duration ADDING = Duration.ofMinutes(1);

  private static final int EXPIRED_ROWS = 2000;

  private ReplayRows() {}

  /** Adds a replay, and returns its number. */
  public static long begin(Connection connection, long nowMillis, int ratePerSecond)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO replay (started_at, rate, events, restored, adding_until)"
                + " VALUES (?, ?, 0, 0, ?) RETURNING id")) {
      insert.setLong(1, nowMillis);
      insert.setInt(2, ratePerSecond);
      insert.setLong(3, nowMillis + ADDING.toMillis());
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** Marks events as those of a replay; they have to be in the store. */
  public static void mark(Connection connection, long replay, String ids, int count)
      throws SQLException {
    try (Statement update = connection.createStatement()) {
      update.execute("UPDATE outbox SET replay = " + replay + " WHERE " + ids);
      update.execute("UPDATE replay SET events = events + " + count + " WHERE id = " + replay);
    }
  }

  /**
   * Whether a replay may put back more, which renews its time. Locks its row, so that it cannot be
   * stopped until the transaction has ended.
   */
  public static boolean goesOn(Connection connection, long replay, long nowMillis)
      throws SQLException {
    try (Statement update = connection.createStatement()) {
      return update.executeUpdate(
              "UPDATE replay SET adding_until = "
                  + (nowMillis + ADDING.toMillis())
                  + " WHERE stopped_at IS NULL AND adding_until IS NOT NULL AND id = "
                  + replay)
          == 1;
    }
  }

  /** Records that a replay has put back all of its dead letters. */
  public static void added(Connection connection, long replay) throws SQLException {
    try (Statement update = connection.createStatement()) {
      update.execute("UPDATE replay SET adding_until = NULL WHERE id = " + replay);
    }
  }

  /** Stops a replay, and returns whether there is one of that number. */
  public static boolean stop(Connection connection, long replay, long nowMillis)
      throws SQLException {
    try (Statement update = connection.createStatement()) {
      return update.executeUpdate(
              "UPDATE replay SET adding_until = NULL, stopped_at = coalesce(stopped_at, "
                  + nowMillis
                  + ") WHERE id = "
                  + replay)
          == 1;
    }
  }

  /** Counts events of a stopped replay that were restored as dead letters. */
  public static void restored(Connection connection, long replay, int count) throws SQLException {
    try (Statement update = connection.createStatement()) {
      update.execute("UPDATE replay SET restored = restored + " + count + " WHERE id = " + replay);
    }
  }

  /** Records the outcome of those events that come from replays, before their rows are deleted. */
  public static void end(Connection connection, String ids, String outcome) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO replay_end (replay, id, outcome)"
                + " SELECT replay, id, ? FROM outbox WHERE replay IS NOT NULL AND "
                + ids)) {
      insert.setString(1, outcome);
      insert.executeUpdate();
    }
  }

  /** Notes what has become of an event of a replay. */
  public static void end(Store store, long replay, long id, String outcome) throws SQLException {
    PreparedStatement end = store.prepared(INSERT_END);
    end.setLong(1, replay);
    end.setLong(2, id);
    end.setString(3, outcome);
    end.addBatch();
  }

  /**
   * Ends replays whose process has ended, and deletes a bounded number of rows of an old replay.
   * Returns whether there may be more.
   */
  public static boolean tidy(Connection connection, long nowMillis, long beforeMillis)
      throws SQLException {
    long replay;
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "UPDATE replay SET adding_until = NULL WHERE adding_until < " + nowMillis);
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
