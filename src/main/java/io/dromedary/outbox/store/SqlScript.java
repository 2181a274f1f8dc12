package io.dromedary.outbox.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Runs SQL scripts from the class path. Statements are separated by semicolons, and comments reach
 * from two hyphens to the end of the line.
 */
public final class SqlScript {

  private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

  private SqlScript() {}

  /**
   * Runs a script without committing.
   *
   * @param script its absolute name on the class path
   */
  public static void run(String script, Connection connection) throws SQLException {
    try (InputStream in =
            Objects.requireNonNull(SqlScript.class.getResourceAsStream(script), script);
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
  }
}
