package io.dromedary.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The SQLite file of an application in a test, which can be made to refuse what is stored. */
public final class OutboxFile {

  private final String url;

  /** The file in the folder that an application was started in, once at least. */
  public OutboxFile(Path folder) {
    url = "jdbc:sqlite:" + folder.resolve("outbox.db");
  }

  /** From now on a row of the table, outbox or dead_letter, for which the condition is true. */
  public void refuse(String table, String condition) {
    execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON "
            + table
            + " WHEN "
            + condition
            + " BEGIN SELECT RAISE(ABORT, 'refused'); END");
  }

  /** Takes everything again. */
  public void allow() {
    execute("DROP TRIGGER refuse");
  }

  /** How many rows there are: of a table, with a condition if need be. */
  public int count(String what) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + what)) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void execute(String sql) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
