package io.dromedary.history;

import io.dromedary.outbox.OutboxPlace;
import io.dromedary.outbox.store.SqlScript;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A history in tables beside those of an outbox that nodes share, on PostgreSQL. Each row has the
 * name of the node that wrote it. Thread-safe.
 */
final class HistoryTables implements HistoryPlace {

  private static final long MOST_BYTES = 128L << 20;

  private static final String MAKE = "SELECT pg_advisory_xact_lock(4208538)";
  private static final String IS_THERE = "SELECT to_regclass('attempt_rollup') IS NOT NULL";
  private static final String WRITE = "SELECT pg_advisory_xact_lock(4208539)";
  private static final String EXPIRE = "SELECT pg_try_advisory_xact_lock(4208540)";

  private final OutboxPlace outbox;

  HistoryTables(OutboxPlace outbox) {
    this.outbox = outbox;
  }

  @Override
  public String name() {
    return "in the outbox's database";
  }

  @Override
  public long mostBytes() {
    return MOST_BYTES;
  }

  @Override
  public Connection connectToWrite(long firstSeq) throws SQLException {
    Connection connection = outbox.connect();
    try (Statement statement = connection.createStatement()) {
      // Commits do not wait for the disk. A crash of the database may lose the latest rows.
      statement.execute("SET synchronous_commit = off");
      statement.execute(MAKE);
      if (!isTrue(connection, IS_THERE)) {
        SqlScript.run("/dromedary/history/postgresql.sql", connection);
        statement.execute("ALTER TABLE attempt_history ALTER COLUMN seq RESTART WITH " + firstSeq);
      }
      connection.commit();
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Connection connectToRead() throws SQLException {
    return outbox.connect();
  }

  @Override
  public void lockToWrite(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(WRITE);
    }
  }

  @Override
  public boolean lockToExpire(Connection connection) throws SQLException {
    return isTrue(connection, EXPIRE);
  }

  private static boolean isTrue(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() && row.getBoolean(1);
    }
  }

  @Override
  public long sizeBytes(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_total_relation_size('attempt_history')"
                    + " + pg_total_relation_size('attempt_rollup')")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }
}
