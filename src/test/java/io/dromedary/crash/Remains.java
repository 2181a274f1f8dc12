package io.dromedary.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a node leaves behind.
 *
 * @param dead the events that are dead letters
 * @param waiting the events that are not done
 * @param told the events that an operator was told of as dead letters
 */
record Remains(Set<Integer> dead, Set<Integer> waiting, Set<Integer> told) {

  private static final Path FILE = Path.of("told", "dead-letters.jsonl");

  /** Where a node tells of dead letters, in its folder. */
  static final String TOLD =
      "file:"
          + FILE.getParent()
          + "?fileName="
          + FILE.getFileName()
          + "&fileExist=Append&appendChars=%0A";

  private static final Pattern EVENT =
      Pattern.compile("\"messageId\":\"" + Clients.ID_PREFIX + "(\\d+)\"");

  /** Of a node that has stopped, in its folder and with its settings. */
  static Remains of(Path folder, Map<String, String> settings) throws IOException {
    String url =
        settings.getOrDefault(
            "webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("data/outbox.db"));
    Set<Integer> told = new TreeSet<>();
    if (Files.exists(folder.resolve(FILE))) {
      for (String line : Files.readAllLines(folder.resolve(FILE))) {
        Matcher id = EVENT.matcher(line);
        if (id.find()) {
          told.add(Integer.parseInt(id.group(1)));
        }
      }
    }
    if (url.contains(":memory:")) {
      return new Remains(Set.of(), Set.of(), told);
    }
    try (Connection connection = DriverManager.getConnection(url)) {
      return new Remains(events(connection, "dead_letter"), events(connection, "outbox"), told);
    } catch (SQLException e) {
      throw new IOException("The store of " + folder + " cannot be read: " + e, e);
    }
  }

  private static Set<Integer> events(Connection connection, String table) throws SQLException {
    Set<Integer> events = new TreeSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT message_id FROM " + table)) {
      while (rows.next()) {
        events.add(Integer.parseInt(rows.getString(1).substring(Clients.ID_PREFIX.length())));
      }
    }
    return events;
  }
}
