package io.dromedary.outbox.store;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how far an SQLite database and its log may grow: to the space on the disk ({@link
 * FreeSpace}), or to a number of pages, which the URL or the memory of the machine sets. In both
 * cases new events are refused while there is still room to settle those that are stored. Used by
 * the store's writer; {@link #lack()} by any thread.
 */
final class SqliteCapacity {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteCapacity.class);

  private static final int FULL = 13;

  /** The errors that SQLite reports if a quota is used up or a file may not grow. */
  private static final List<String> NO_ROOM =
      List.of(
          "SQLITE_IOERR_WRITE",
          "SQLITE_IOERR_FSYNC",
          "SQLITE_IOERR_TRUNCATE",
          "SQLITE_IOERR_SHMSIZE",
          "SQLITE_IOERR_SHMMAP");

  private static final int PAGE_BYTES = 4096;

  /** The number of pages in the log at which SQLite moves them to the database. */
  private static final int CHECKPOINT_PAGES = 4000;

  /** Pages given back to the file system at a time: 4 MiB, which takes a few milliseconds. */
  private static final int VACUUM_PAGES = 1024;

  /** The pages of the event that is written to test for room, and a few more. */
  private static final int PROBE_PAGES = 20;

  private static final int LEAST_RESERVED_PAGES = 10;

  private static final long UNBOUNDED_PAGES = 1L << 30;

  /** The most memory that a database in memory may take, in bytes. */
  private static final long MOST_MEMORY = 1L << 30;

  private static final String BOUND_REACHED =
      "[SQLITE_FULL] the database has as many pages as it may have";

  private static final String UNPACKED_TO = "org.sqlite.tmpdir";
  private static final long LIBRARY_BYTES = 4L << 20;

  /** Null if the database is in memory, or if its disk cannot be examined. */
  private final @Nullable FreeSpace space;

  private long mostPages = UNBOUNDED_PAGES;
  private boolean isCommitting;
  private boolean isRationed;
  private volatile boolean isAtBound;

  private SqliteCapacity(@Nullable FreeSpace space) {
    this.space = space;
  }

  static SqliteCapacity inMemory() {
    return new SqliteCapacity(null);
  }

  static SqliteCapacity onDisk(Path database, FreeSpace.@Nullable Disk disk) {
    Path folder = database.resolveSibling("");
    try {
      FreeSpace space = new FreeSpace(database, disk == null ? FreeSpace.Disk.of(folder) : disk);
      unpackWhereThereIsRoom(space, folder);
      return new SqliteCapacity(space);
    } catch (IOException e) {
      LOG.warn("The disk of {} cannot be looked at: {}", folder, e.toString());
      return new SqliteCapacity(null);
    }
  }

  /**
   * Makes the driver unpack its native library beside the database if the temporary folder has no
   * room for it. Without the library the database could not be opened.
   */
  private static void unpackWhereThereIsRoom(FreeSpace space, Path folder) throws IOException {
    Path usual = Path.of(System.getProperty("java.io.tmpdir"));
    if (System.getProperty(UNPACKED_TO) == null
        && FreeSpace.Disk.of(usual).usableBytes() < LIBRARY_BYTES) {
      System.setProperty(UNPACKED_TO, folder.toString());
      if (FreeSpace.Disk.of(folder).usableBytes() < LIBRARY_BYTES) {
        space.give("the disk is full");
      }
    }
  }

  /** Sets the limits of a new connection for writing. The options of its URL are set already. */
  void opened(Connection connection, boolean isInMemory) throws SQLException {
    mostPages = SqliteDialect.number(connection, "PRAGMA max_page_count");
    if (isInMemory) {
      // The database is outside the heap, but takes memory of the same machine.
      long bytes = Math.min(MOST_MEMORY, Runtime.getRuntime().maxMemory() / 4);
      mostPages = Math.min(mostPages, bytes / SqliteDialect.number(connection, "PRAGMA page_size"));
    }
    isRationed = isShort();
    ration(connection);
    if (isRationed) {
      checkpoint(connection);
    }
  }

  /** Checks that events of that many bytes may be written. Throws if they must be refused. */
  void admit(Connection connection, long bytes) throws SQLException {
    if (space != null) {
      try {
        space.admit(bytes);
      } finally {
        rationIfNeeded(connection);
      }
    }
    if (isAtBound) {
      throw new FreeSpace.NoRoomException(BOUND_REACHED);
    }
  }

  /** Notes that the transaction is about to commit, which writes the log. */
  void committing() {
    isCommitting = true;
    ended();
  }

  private void ended() {
    if (space != null) {
      space.ended();
    }
  }

  /**
   * Returns whether a transaction has failed for want of room. If so, refuses new events or gives
   * up ballast, so that the next transaction may succeed.
   */
  boolean isShortAfter(SQLException failure) {
    boolean wasCommitting = isCommitting;
    isCommitting = false;
    if (failure instanceof FreeSpace.NoRoomException) {
      return true;
    }
    if (!isNoRoom(failure)) {
      return false;
    }
    // The log is written at the commit. Only the limit on pages can be reached before that.
    boolean isByPages = code(failure) == FULL && !wasCommitting;
    if (isByPages && isBounded()) {
      isAtBound = true;
    } else if (space != null && !(isByPages && space.isLow())) {
      space.full(String.valueOf(failure.getMessage()));
    }
    return true;
  }

  /** Whether to try again to open the database, which takes some room as well. */
  boolean isThereMoreAfter(SQLException failure) {
    return space != null && isNoRoom(failure) && space.full(String.valueOf(failure.getMessage()));
  }

  private static boolean isNoRoom(SQLException failure) {
    String message = String.valueOf(failure.getMessage());
    return code(failure) == FULL || NO_ROOM.stream().anyMatch(message::contains);
  }

  /** The primary error code. An extended code has further information in its higher bits. */
  private static int code(SQLException failure) {
    return failure.getErrorCode() & 0xff;
  }

  /** Notes that the transaction has been rolled back. No other has begun. */
  void rolledBack(Connection connection) throws SQLException {
    isCommitting = false;
    ended();
    rationIfNeeded(connection);
    if (isRationed) {
      checkpoint(connection);
    }
  }

  /** Makes room for new events. Throws if they must still be refused. */
  void make(Connection connection) throws SQLException {
    if (space != null) {
      space.restore();
    }
    if (isAtBound) {
      long used =
          SqliteDialect.number(connection, "PRAGMA page_count")
              - SqliteDialect.number(connection, "PRAGMA freelist_count");
      if (used + PROBE_PAGES > mostPages - reservedPages()) {
        throw new FreeSpace.NoRoomException(BOUND_REACHED);
      }
      isAtBound = false;
    }
    rationIfNeeded(connection);
  }

  /** Why events are refused, or null if they are accepted. */
  @Nullable String lack() {
    String lack = space == null ? null : space.lack();
    return lack == null && isAtBound ? BOUND_REACHED : lack;
  }

  /** Gives some of the unused pages back to the disk. Returns whether there may be more. */
  boolean giveBack(Connection connection) throws SQLException {
    // On a full disk, all unused pages are given back.
    boolean isLow = space != null && space.isLow();
    long pages = isLow ? rationPages() : VACUUM_PAGES;
    boolean more = SqliteDialect.number(connection, "PRAGMA freelist_count") > (isLow ? 0 : pages);
    if (more) {
      try (Statement vacuum = connection.createStatement()) {
        // Each step of the statement gives back one page. Only executeUpdate runs all steps.
        vacuum.executeUpdate("PRAGMA incremental_vacuum(" + pages + ")");
      }
    }
    if (space != null) {
      more |= space.tend();
      rationIfNeeded(connection);
    }
    return more;
  }

  private boolean isBounded() {
    return mostPages < UNBOUNDED_PAGES;
  }

  /** The number of pages kept for settlements when no more events are accepted. */
  private long reservedPages() {
    return isBounded() ? Math.max(LEAST_RESERVED_PAGES, mostPages / 16) : 0;
  }

  private boolean isShort() {
    return isAtBound || (space != null && space.isLow());
  }

  private long rationPages() {
    return space == null ? VACUUM_PAGES : Math.max(16, space.ballastBytes() / PAGE_BYTES / 64);
  }

  private void rationIfNeeded(Connection connection) throws SQLException {
    if (isRationed != isShort()) {
      isRationed = isShort();
      ration(connection);
    }
  }

  /**
   * Sets the limits of the database and its log. While events are refused, the log is moved to the
   * database often, so that the log does not grow. The database may then grow only as far as the
   * ballast leaves room to move the log.
   */
  private void ration(Connection connection) throws SQLException {
    long most = isRationed ? mostPages : mostPages - reservedPages();
    long checkpoint = CHECKPOINT_PAGES;
    if (space != null) {
      long ballast = space.ballastBytes() / PAGE_BYTES;
      checkpoint = Math.min(checkpoint, isRationed ? rationPages() : ballast / 4);
      if (space.isLow()) {
        long allowed = space.heldBytes() / PAGE_BYTES / 4;
        most = Math.min(most, SqliteDialect.number(connection, "PRAGMA page_count") + allowed);
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA max_page_count = " + most);
      statement.execute("PRAGMA wal_autocheckpoint = " + checkpoint);
    }
  }

  /**
   * Moves the log to the database, so that the log starts over in the blocks that it already has.
   * SQLite does that only after a commit, and no commit may succeed.
   */
  private void checkpoint(Connection connection) throws SQLException {
    if (space == null) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (SQLException e) {
      // The database has to grow for that. The next piece of the ballast makes it possible.
      if (!connection.getAutoCommit()) {
        begin(connection);
      }
    }
  }

  /**
   * Begins a transaction if none is open. A statement that fails for want of room may have ended it
   * without the driver's knowledge.
   */
  private static void begin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains("within a transaction")) {
        throw e;
      }
    }
  }
}
