package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.regex.Pattern;

/** The schema of the store: a script for each version leads to it from the one before. */
final class Schema {

  /** The version that this code needs. */
  static final int VERSION = 6;

  private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

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
      String script = "/dromedary/outbox/" + dialect.name() + "-" + version + ".sql";
      try (InputStream in =
              Objects.requireNonNull(Schema.class.getResourceAsStream(script), script);
          Statement statement = connection.createStatement()) {
        String text = COMMENT.matcher(new String(in.readAllBytes(), UTF_8)).replaceAll("");
        for (String sql : text.split(";", -1)) {
          if (!sql.isBlank()) {
            statement.execute(sql.strip());
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException("The script " + script + " cannot be read: " + e, e);
      }
      dialect.setVersion(connection, version);
    }
  }
}
