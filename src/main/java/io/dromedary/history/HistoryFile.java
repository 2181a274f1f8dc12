package io.dromedary.history;

import io.dromedary.outbox.store.OwnersFiles;
import io.dromedary.outbox.store.SqlScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A history in a separate file beside that of an outbox. It does not slow the outbox down: commits
 * need no fsync, and the page cache is not shared. The file may be deleted at any time. A corrupt
 * file is put aside. If the outbox is in memory, so is the history. Owned by the writer's thread,
 * except for {@link #connectToRead}.
 */
final class HistoryFile implements HistoryPlace {

  private static final Logger LOG = LoggerFactory.getLogger(HistoryFile.class);

  private static final int VERSION = 1;
  private static final long MOST_BYTES = 128L << 20;
  private static final long MOST_BYTES_IN_MEMORY = 8L << 20;
  private static final int SHRUNK_PAGES = 2000;

  // Result codes of SQLite.
  private static final int CORRUPT = 11;
  private static final int FULL = 13;
  private static final int NO_DATABASE = 26;

  private final @Nullable Path file;
  private final String url;
  private @Nullable Object key;

  private HistoryFile(@Nullable Path file) {
    this.file = file;
    this.url = "jdbc:sqlite:" + (file == null ? "file:/" + UUID.randomUUID() + "?vfs=memdb" : file);
  }

  /**
   * Makes the history of an outbox.
   *
   * @param outbox the file of the outbox, or null if it is in memory
   */
  static HistoryFile beside(@Nullable Path outbox) {
    if (outbox == null) {
      return new HistoryFile(null);
    }
    String name = String.valueOf(outbox.getFileName());
    // A folder may contain two outboxes, so the name depends on the outbox.
    return new HistoryFile(
        outbox.resolveSibling(
            name.equals("outbox.db")
                ? "history.db"
                : name.replaceFirst("\\.db$", "") + "-history.db"));
  }

  @Override
  public String name() {
    return file == null ? "in memory" : file.toString();
  }

  @Override
  public long mostBytes() {
    if (file == null) {
      return MOST_BYTES_IN_MEMORY;
    }
    try {
      // The outbox needs the disk. As it fills, the history shrinks.
      return Math.min(MOST_BYTES, Files.getFileStore(file).getUsableSpace() / 4);
    } catch (IOException e) {
      return MOST_BYTES;
    }
  }

  @Override
  public Connection connectToWrite(long firstSeq) throws SQLException {
    if (file != null) {
      try {
        OwnersFiles.createFile(file);
      } catch (IOException e) {
        throw new SQLException("the file " + file + " cannot be made: " + e, e);
      }
    }
    Connection connection = open(true);
    try (Statement statement = connection.createStatement()) {
      int version = (int) number(statement, "PRAGMA user_version");
      if (version == 0) {
        connection.setAutoCommit(false);
        SqlScript.run("/dromedary/history/sqlite.sql", connection);
        statement.execute(
            "INSERT INTO sqlite_sequence VALUES ('attempt_history', " + (firstSeq - 1) + ")");
        statement.execute("PRAGMA user_version = " + VERSION);
        connection.commit();
      } else if (version != VERSION) {
        throw new SQLException(
            "its version is " + version + ", expected " + VERSION, null, NO_DATABASE);
      }
      connection.setAutoCommit(false);
      key = key();
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Connection connectToRead() throws SQLException {
    if (file != null && !Files.exists(file)) {
      // SQLite would create it.
      throw new SQLException("the file " + file + " is gone; a new one is created soon");
    }
    Connection connection = open(false);
    connection.setAutoCommit(false);
    return connection;
  }

  private Connection open(boolean isWriter) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 2000");
      if (isWriter) {
        // It always writes.
        statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
      }
      statement.execute("PRAGMA journal_mode = " + (file == null ? "MEMORY" : "WAL"));
      // Commits do not wait for the disk. A power failure loses the last few seconds.
      statement.execute("PRAGMA synchronous = NORMAL");
      // A negative size is in KiB. The cache is outside the heap.
      statement.execute("PRAGMA cache_size = -4096");
      statement.execute("PRAGMA temp_store = MEMORY");
      statement.execute("PRAGMA journal_size_limit = " + (16 << 20));
      // Deleted data is overwritten, since it may belong to a user whose data must be erased.
      statement.execute("PRAGMA secure_delete = ON");
      if (!isWriter) {
        // A write of another connection makes the writer's transaction fail.
        statement.execute("PRAGMA query_only = ON");
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /** Fails if the file was deleted or replaced, since SQLite would continue to write to it. */
  @Override
  public void check() throws SQLException {
    Object opened = key;
    if (file != null && opened != null && !opened.equals(key())) {
      throw new SQLException("the file " + file + " has been deleted or replaced");
    }
  }

  private @Nullable Object key() throws SQLException {
    try {
      return file == null ? null : Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new SQLException("the file " + file + " cannot be looked at: " + e, e);
    }
  }

  @Override
  public long sizeBytes(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return number(statement, "PRAGMA page_count") * number(statement, "PRAGMA page_size");
    }
  }

  @Override
  public void shrink(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (number(statement, "PRAGMA freelist_count") > SHRUNK_PAGES) {
        // The driver runs all steps of the statement only if its result is read.
        try (ResultSet rows =
            statement.executeQuery("PRAGMA incremental_vacuum(" + SHRUNK_PAGES + ")")) {
          while (rows.next()) {
            rows.getInt(1);
          }
        }
      }
    }
  }

  /** Moves the log into the file and truncates it, since it may still contain deleted data. */
  @Override
  public void forget(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      // While another connection reads, this has no effect, and a later checkpoint does it.
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      connection.setAutoCommit(false);
    }
  }

  @Override
  public boolean mend(SQLException failure) {
    if (file == null) {
      return false;
    }
    return switch (failure.getErrorCode() & 0xff) {
      case CORRUPT, NO_DATABASE -> putAside(file, failure);
      // The outbox needs the space on the disk.
      case FULL -> delete(file);
      default -> false;
    };
  }

  private static boolean putAside(Path file, SQLException failure) {
    Path aside = file.resolveSibling(file.getFileName() + ".corrupt");
    try {
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      deleteLog(file);
      LOG.warn(
          "The history of attempts cannot be read ({}): it is put aside as {}, and a new one begins",
          failure.getMessage(),
          aside);
      return true;
    } catch (IOException e) {
      LOG.warn("The history of attempts cannot be read, and not be put aside: {}", e.toString());
      return false;
    }
  }

  private static boolean delete(Path file) {
    try {
      Files.deleteIfExists(file);
      deleteLog(file);
      LOG.warn(
          "The disk is full: the history of attempts is deleted, so that the outbox has its space");
    } catch (IOException e) {
      LOG.warn("The disk is full, and the history of attempts cannot be deleted: {}", e.toString());
    }
    return false;
  }

  private static void deleteLog(Path file) throws IOException {
    for (String end : List.of("-wal", "-shm")) {
      Files.deleteIfExists(file.resolveSibling(file.getFileName() + end));
    }
  }
}
