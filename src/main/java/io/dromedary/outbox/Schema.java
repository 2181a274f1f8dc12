package io.dromedary.outbox;

import java.sql.Connection;
import java.sql.SQLException;

/** The schema of the store: a script for each version leads to it from the one before. */
final class Schema {

  /** The version that this code needs. */
  static final int VERSION = 6;

  private Schema() {}

  /**
   * Brings the schema to the version that is needed.
   *
   * @throws IllegalStateException if it is of a later version
   */
  static void migrate(SqlDialect dialect, Connection connection) throws SQLException {
    int found = dialect.version(connection);
    if (found > VERSION) {
      throw new IllegalStateException(
          "The outbox has the schema version "
              + found
              + ", expected at most "
              + VERSION
              + ": it was written by a later version of Dromedary.");
    }
    if (found < VERSION) {
      dialect.patiently(connection, () -> migrate(dialect, connection, found + 1));
    }
  }

  private static void migrate(SqlDialect dialect, Connection connection, int first)
      throws SQLException {
    for (int version = first; version <= VERSION; version++) {
      SqlScript.run("/dromedary/outbox/" + dialect.name() + "-" + version + ".sql", connection);
      dialect.setVersion(connection, version);
    }
  }
}
