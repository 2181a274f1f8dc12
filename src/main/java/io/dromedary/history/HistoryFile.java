package io.dromedary.history;

import io.dromedary.outbox.OwnersFiles;
import io.dromedary.outbox.SqlScript;
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
 * A history in a file of its own beside that of an outbox, which it never hinders: no fsync for a
 * commit, no page of the same cache. The file may be deleted at any time. One that is corrupt is
 * put aside. Without a file it is in memory, as the outbox is. Owned by the thread that writes, but
 * for {@link #connectToRead}.
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
   * The history of an outbox.
   *
   * @param outbox its file; null: it is in memory
   */
  static HistoryFile beside(@Nullable Path outbox) {
    if (outbox == null) {
      return new HistoryFile(null);
    }
    String name = String.valueOf(outbox.getFileName());
    // Two outboxes may be in one folder.
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
      // The disk is the outbox's: as it fills, the history gives its space back.
      return Math.min(MOST_BYTES, Files.getFileStore(file).getUsableSpace() / 4);
    } catch (IOException e) {
      return MOST_BYTES;
    }
  }

  @Override
  public Connection connectToWrite() throws SQLException {
    if (file != null) {
      try {
        OwnersFiles.createFile(file);
      } catch (IOException e) {
        throw new SQLException("the file " + file + " cannot be made: " + e, e);
      }
    }
    Connection connection = open();
    try (Statement statement = connection.createStatement()) {
      int version = (int) number(statement, "PRAGMA user_version");
      if (version == 0) {
        connection.setAutoCommit(false);
        SqlScript.run("/dromedary/history/sqlite.sql", connection);
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
      // SQLite would make one.
      throw new SQLException("the file " + file + " is gone; another is begun soon");
    }
    Connection connection = open();
    connection.setAutoCommit(false);
    return connection;
  }

  private Connection open() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 2000");
      statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
      statement.execute("PRAGMA journal_mode = " + (file == null ? "MEMORY" : "WAL"));
      // What is lost by a power failure is a few seconds: nobody waits for the disk.
      statement.execute("PRAGMA synchronous = NORMAL");
      // Negative: KiB. Outside of the heap.
      statement.execute("PRAGMA cache_size = -4096");
      statement.execute("PRAGMA temp_store = MEMORY");
      statement.execute("PRAGMA journal_size_limit = " + (16 << 20));
      // What is deleted is overwritten: it may be of a user who is to be forgotten.
      statement.execute("PRAGMA secure_delete = ON");
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

  /** SQLite would go on writing to a file that was deleted. */
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
        // The driver steps through it only if it is read.
        try (ResultSet rows =
            statement.executeQuery("PRAGMA incremental_vacuum(" + SHRUNK_PAGES + ")")) {
          while (rows.next()) {
            rows.getInt(1);
          }
        }
      }
    }
  }

  /** What was deleted is in the log until that is moved into the file, and cut off. */
  @Override
  public void forget(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      // Where somebody reads, a later one does it.
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
      // The disk is the outbox's: what others may need is given back.
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
