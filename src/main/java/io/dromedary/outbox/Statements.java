package io.dromedary.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The prepared statements of a connection, which gather rows until they are executed. It belongs to
 * one thread at a time.
 */
final class Statements {

  private final Connection connection;

  /** Sorted: what a DELETE makes free is there for an INSERT, also where there is no other room. */
  private final Map<String, PreparedStatement> bySql = new TreeMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /** The statement of that text: one that has gathered rows must not be executed by itself. */
  PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement statement = bySql.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      bySql.put(sql, statement);
    }
    return statement;
  }

  /** Executes what they have gathered. */
  void execute() throws SQLException {
    for (PreparedStatement statement : bySql.values()) {
      statement.executeBatch();
    }
  }

  /** Forgets what they have gathered. */
  void clear() throws SQLException {
    for (PreparedStatement statement : bySql.values()) {
      statement.clearBatch();
    }
  }
}
