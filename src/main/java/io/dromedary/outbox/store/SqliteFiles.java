package io.dromedary.outbox.store;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the files of an SQLite database are still found under their names. SQLite itself
 * would continue to write to files that were deleted or replaced, and those commits would be lost.
 * The check before each commit takes a few microseconds. Thread-safe.
 */
final class SqliteFiles implements AutoCloseable {

  /** SQLite truncates a log that is longer than this when it starts over. */
  static final long LOG_BYTES = 64L << 20;

  private static final int MOST_LINKS = 40;

  /** The keys of the files after a connection had opened them; null for a missing file. */
  private record Opened(@Nullable Object database, @Nullable Object log, @Nullable Object index) {}

  private final Path database;
  private final Path log;
  private final Path index;
  private final ProcessLock lock;

  private @Nullable Opened opened;
  private long logBytes;
  private boolean isLogLost;

  private SqliteFiles(Path database) throws IOException {
    this.database = database;
    this.log = database.resolveSibling(database.getFileName() + "-wal");
    this.index = database.resolveSibling(database.getFileName() + "-shm");
    this.lock = ProcessLock.of(database);
  }

  /**
   * Locks a database, which need not exist yet. Creates its folder if necessary.
   *
   * @throws IllegalStateException if the database is in use or cannot be opened
   */
  static SqliteFiles lock(Path named) {
    SqliteFiles files = null;
    try {
      files = new SqliteFiles(real(named));
      files.checkLinks();
      // SQLite would create a file that others may read. The log and the index get its permissions.
      OwnersFiles.createFile(files.database);
      return files;
    } catch (IOException e) {
      if (files != null) {
        files.close();
      }
      throw new IllegalStateException(
          "The outbox "
              + named
              + " cannot be opened: expected a file in a folder that can be"
              + " written to, found "
              + e,
          e);
    } catch (IllegalStateException e) {
      if (files != null) {
        files.close();
      }
      throw e;
    }
  }

  /**
   * Resolves all links. SQLite keeps its log beside the real file, so the lock must be there, too.
   */
  private static Path real(Path named) throws IOException {
    Path path = named.toAbsolutePath();
    for (int links = 0; Files.isSymbolicLink(path); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemException(named.toString(), null, "too many links");
      }
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    Path folder = path.getParent();
    Path name = path.getFileName();
    if (folder == null || name == null) {
      throw new FileSystemException(named.toString(), null, "no file");
    }
    OwnersFiles.createFolder(folder);
    return folder.toRealPath().resolve(name);
  }

  private void checkLinks() throws IOException {
    if (Files.exists(database)
        && database.getFileSystem().supportedFileAttributeViews().contains("unix")
        && Files.getAttribute(database, "unix:nlink") instanceof Integer links
        && links > 1) {
      throw new IllegalStateException(
          "The outbox "
              + database
              + " has "
              + links
              + " names (hard links): expected one, since processes that open it by different"
              + " names do not see each other's log.");
    }
  }

  /** The real path of the database. */
  Path database() {
    return database;
  }

  /** Notes the files that a connection has opened, possibly after other connections. */
  synchronized void opened() throws SQLException {
    if (opened != null && opened.log() != null) {
      checkLog(opened);
      return;
    }
    BasicFileAttributes found = attributes(log);
    logBytes = found == null ? 0 : Math.min(LOG_BYTES, found.size());
    opened = new Opened(key(attributes(database)), key(found), key(attributes(index)));
  }

  /** Notes that no connection has the log open any more. The next one opens the file found then. */
  synchronized void closed() {
    isLogLost = false;
    if (opened != null) {
      opened = new Opened(opened.database(), null, null);
    }
  }

  /**
   * Compares the files found under the names with those that were opened.
   *
   * @throws SQLException if a file is missing or another one, so that commits would be lost
   */
  synchronized void check() throws SQLException {
    Opened before = opened;
    if (before != null && before.database() != null) {
      BasicFileAttributes found = attributes(database);
      if (found == null) {
        throw new SQLException("the file " + database + " has been moved or deleted");
      }
      if (!before.database().equals(found.fileKey())) {
        throw new SQLException("the file " + database + " has been replaced by another");
      }
      checkLog(before);
    }
  }

  /** Checks the lock, and acquires it again if necessary. Called by the writer only. */
  void checkLock() throws SQLException {
    lock.check();
  }

  private void checkLog(Opened before) throws SQLException {
    if (before.log() != null) {
      BasicFileAttributes found = attributes(log);
      if (found == null || !before.log().equals(found.fileKey())) {
        throw lost(log);
      }
      // Another program's checkpoint may truncate it legitimately. Then the error does no harm.
      if (found.size() < logBytes) {
        throw lost(log);
      }
      logBytes = Math.min(LOG_BYTES, found.size());
    }
    if (before.index() != null && !before.index().equals(key(attributes(index)))) {
      throw lost(index);
    }
  }

  private SQLException lost(Path file) {
    isLogLost = true;
    return new SQLException("the file " + file + " has been moved, deleted or cut off");
  }

  /**
   * Whether {@link #check} has found that the log is missing or was replaced, while the database is
   * the right one. A connection that has the old log open can still read it.
   */
  synchronized boolean isLogLost() {
    return isLogLost;
  }

  private static @Nullable Object key(@Nullable BasicFileAttributes attributes) {
    return attributes == null ? null : attributes.fileKey();
  }

  /** Returns null if there is no such file. */
  private static @Nullable BasicFileAttributes attributes(Path file) throws SQLException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new SQLException("the file " + file + " cannot be looked at: " + e, e);
    }
  }

  @Override
  public void close() {
    lock.close();
  }
}
