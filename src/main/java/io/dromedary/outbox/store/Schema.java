package io.dromedary.outbox.store;

import java.sql.Connection;
import java.sql.SQLException;

/** Migrates the schema of the store. A script for each version upgrades the previous version. */
final class Schema {

  /** The version that this code needs. */
  static final int VERSION = 7;

  private Schema() {}

  /**
   * Upgrades the schema to {@link #VERSION}.
   *
   * @throws IllegalStateException if the database has a later version
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
