package io.dromedary.outbox.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens and closes the connections to an SQLite database, and saves the log of a database whose
 * files were moved or deleted meanwhile. A lock on a file beside the database is held for life, so
 * that a second process is refused; SQLite's own locks last no longer than a transaction.
 * Thread-safe.
 */
final class SqliteConnections {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteConnections.class);

  /** The driver tells an extended result code in its message only. */
  private static final String SHORT_READ = "SQLITE_IOERR_SHORT_READ";

  private final SqliteUrl url;

  /** Null for a database in memory. */
  private final @Nullable SqliteFiles files;

  private final SqliteCapacity room;

  /** Connections that may be open; guarded by this, as all fields below. */
  private final List<Connection> open = new ArrayList<>();

  /** Has a log open whose file has no name any more. */
  private @Nullable Connection cutOff;

  /** A database in memory lasts as long as a connection to it. */
  private @Nullable Connection memory;

  private boolean isClosed;

  private volatile boolean isCorrupt;

  SqliteConnections(SqliteUrl url, @Nullable SqliteFiles files, SqliteCapacity room) {
    this.url = url;
    this.files = files;
    this.room = room;
  }

  /** Opens a connection to write on. */
  synchronized Connection connect() throws SQLException {
    while (true) {
      try {
        if (cutOff != null) {
          save(cutOff);
        }
        return open(true);
      } catch (SQLException e) {
        // Opening takes some room, too.
        if (!room.isThereMoreAfter(e)) {
          throw e;
        }
      }
    }
  }

  /** Opens a connection to read on. */
  synchronized Connection connectToRead() throws SQLException {
    return open(false);
  }

  private Connection open(boolean isWriter) throws SQLException {
    open.removeIf(SqliteConnections::isClosed);
    if (files != null) {
      if (open.isEmpty()) {
        files.closed();
      }
      // If the file is gone, SQLite would begin a new one, and accepted events would be lost.
      files.check();
      if (isWriter) {
        files.checkLock();
      }
    }
    if (files == null) {
      if (isClosed) {
        // A connection would make another database.
        throw new SQLException("the outbox is closed");
      }
      if (memory == null) {
        memory = DriverManager.getConnection(url.jdbc());
      }
    }
    Connection connection = DriverManager.getConnection(url.jdbc());
    try (Statement statement = connection.createStatement()) {
      // A database in memory has no log, so a commit waits for readers.
      statement.execute("PRAGMA busy_timeout = " + (files == null ? 5000 : 1000));
      if (isWriter) {
        // Takes effect in a file without tables only, so it comes first. It always writes.
        statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
      }
      statement.execute("PRAGMA journal_mode = " + (files == null ? "MEMORY" : "WAL"));
      statement.execute("PRAGMA synchronous = FULL");
      // Negative: KiB. Outside of the heap.
      statement.execute("PRAGMA cache_size = -32768");
      // Otherwise sorting may need room on a disk that is full.
      statement.execute("PRAGMA temp_store = MEMORY");
      statement.execute("PRAGMA journal_size_limit = " + SqliteFiles.LOG_BYTES);
      if (isCorrupt) {
        // Undamaged parts may still work, which would hide the loss of the others.
        verify(statement);
      }
      if (files != null) {
        // The first read opens the log.
        SqliteDialect.number(connection, "PRAGMA schema_version");
        checkName(statement, files.database());
        files.opened();
      }
      if (isWriter) {
        room.opened(connection, files == null);
      } else {
        // A write of another connection makes the writer's transaction fail.
        statement.execute("PRAGMA query_only = ON");
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    connection.setAutoCommit(false);
    open.add(connection);
    return connection;
  }

  /** Checks that SQLite has opened the file that is locked and watched, and no other. */
  private static void checkName(Statement statement, Path expected) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA database_list")) {
      String name = row.next() ? row.getString("file") : "nothing";
      if (!Path.of(name).equals(expected)) {
        throw new SQLException("SQLite opened " + name + ", expected " + expected);
      }
    }
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  private void verify(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      String found = row.next() ? row.getString(1) : "nothing";
      if (!found.equals("ok")) {
        throw new SQLException("the file is corrupt: " + found);
      }
    }
    isCorrupt = false;
  }

  /** Fails if events that are committed now would not be found again. */
  void check() throws SQLException {
    if (files != null) {
      files.check();
      files.checkLock();
    }
  }

  /** The database is corrupt: the next connection verifies it. */
  void verifyNext() {
    isCorrupt = true;
  }

  /**
   * Closes a connection to write on. If the file of the log has lost its name, the log is moved to
   * the database first.
   */
  synchronized void disconnect(Connection connection) {
    if (files == null || !files.isLogLost()) {
      closeQuietly(connection);
      return;
    }
    cutOff = connection;
    try {
      save(connection);
    } catch (SQLException e) {
      LOG.warn(
          "What was stored last is in a log that has no name any more, and cannot be saved yet: {}",
          e.getMessage());
    }
  }

  /**
   * Moves a log that has no name any more into the database, by the connection that still has it
   * open. All other connections have the same log, so they are closed.
   */
  private void save(Connection connection) throws SQLException {
    open.remove(connection);
    open.forEach(SqliteConnections::closeQuietly);
    open.clear();
    try {
      // First, since changing the mode would commit what has not been committed.
      rollback(connection);
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
        if (row.next() && row.getInt(1) != 0) {
          throw new SQLException("another process reads the file");
        }
      }
      LOG.warn("What was only in the log that has gone has been saved to the database");
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains(SHORT_READ)) {
        throw e;
      }
      isCorrupt = true;
      LOG.error("The log was cut off by somebody: what was stored last may be lost");
    }
    closeQuietly(connection);
    cutOff = null;
  }

  /**
   * Rolls a transaction back. If the file is full, SQLite has done so by itself, and the driver's
   * rollback fails. The driver begins the next transaction only after a rollback that succeeds, so
   * without a BEGIN of ours the next statements would be committed one by one. A new connection
   * would do as well, but is only opened after a pause.
   */
  void rollback(Connection connection) throws SQLException {
    try {
      connection.rollback();
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
        throw e;
      }
      try (Statement statement = connection.createStatement()) {
        statement.execute("BEGIN");
      }
    }
    room.rolledBack(connection);
  }

  /** Closes the database; connections to read on may still be open. */
  synchronized void close() {
    isClosed = true;
    if (cutOff != null) {
      try {
        save(cutOff);
      } catch (SQLException e) {
        LOG.error("What was stored last is lost with its log: {}", e.getMessage());
        closeQuietly(cutOff);
      }
    }
    if (files != null) {
      files.close();
    }
    if (memory != null) {
      closeQuietly(memory);
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is of no use any more.
    }
  }
}
