package io.dromedary.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A store to be looked into from beside, by a connection that does not fail. */
final class Database implements AutoCloseable {

  private final FaultyDriver drivers;
  private final @Nullable EmbeddedPostgres server;
  private int number;
  private String url = "";

  private Database(FaultyDriver drivers, @Nullable EmbeddedPostgres server) {
    this.drivers = drivers;
    this.server = server;
  }

  /** By name: sqlite or postgres. */
  static Database of(String name, FaultyDriver drivers) throws IOException {
    return new Database(drivers, name.equals("postgres") ? EmbeddedPostgres.start() : null);
  }

  boolean isPostgres() {
    return server != null;
  }

  /** A new and empty one from now on. */
  void renew(Path folder) throws SQLException {
    number++;
    if (server == null) {
      url = "jdbc:sqlite:" + folder.resolve("outbox-" + number + ".db");
      return;
    }
    url = server.getJdbcUrl("postgres", "postgres");
    execute("CREATE DATABASE faults" + number);
    url = server.getJdbcUrl("postgres", "faults" + number);
  }

  String url() {
    return url;
  }

  /** The first number that a query finds, 0 for none. */
  long number(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /** The first column of what a query finds. */
  Set<String> texts(String sql) throws SQLException {
    Set<String> texts = new TreeSet<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  /** The bytes of the first column of what a query finds, as text. */
  List<String> bodies(String sql) throws SQLException {
    List<String> bodies = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        bodies.add(new String(rows.getBytes(1), UTF_8));
      }
    }
    return bodies;
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Connection connect() throws SQLException {
    return drivers.plain(url);
  }

  @Override
  public void close() throws IOException {
    if (server != null) {
      server.close();
    }
  }
}
