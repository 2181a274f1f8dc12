package io.dromedary.outbox.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The prepared statements of a connection. Rows are added to their batches, which {@link #execute}
 * runs all at once. Not thread-safe.
 */
final class Statements {

  private final Connection connection;

  /**
   * Sorted, so each DELETE comes before an INSERT, which can then reuse the space on a full disk.
   */
  private final Map<String, PreparedStatement> bySql = new TreeMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /**
   * Returns the statement with that SQL. While it has a batch, only {@link #execute} may run it.
   */
  PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement statement = bySql.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      bySql.put(sql, statement);
    }
    return statement;
  }

  /** Executes all batches, in the alphabetical order of their SQL. */
  void execute() throws SQLException {
    for (PreparedStatement statement : bySql.values()) {
      statement.executeBatch();
    }
  }

  /** Discards all batches. */
  void clear() throws SQLException {
    for (PreparedStatement statement : bySql.values()) {
      statement.clearBatch();
    }
  }
}
