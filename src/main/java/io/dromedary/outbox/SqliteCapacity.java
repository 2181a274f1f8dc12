package io.dromedary.outbox;

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
 * How far an SQLite database and its log may grow: by what the disk has ({@link FreeSpace}), or by
 * the number of pages that its URL, or memory, sets. In both, events are refused while there is
 * still room for what becomes of those that are there. Used by the store's writer; {@link #lack()}
 * by any thread.
 */
final class SqliteCapacity {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteCapacity.class);

  private static final int FULL = 13;

  /** A quota that is used up, and files that may not grow, are not told as such. */
  private static final List<String> NO_ROOM =
      List.of(
          "SQLITE_IOERR_WRITE",
          "SQLITE_IOERR_FSYNC",
          "SQLITE_IOERR_TRUNCATE",
          "SQLITE_IOERR_SHMSIZE",
          "SQLITE_IOERR_SHMMAP");

  private static final int PAGE_BYTES = 4096;

  /** Pages of the log after which it is moved to the database. */
  private static final int CHECKPOINT_PAGES = 4000;

  /** Pages given back to the file system at once: 4 MiB, a few milliseconds. */
  private static final int VACUUM_PAGES = 1024;

  /** Those of the event with which is tried whether there is room, and some. */
  private static final int PROBE_PAGES = 20;

  private static final int LEAST_RESERVED_PAGES = 10;

  private static final long UNBOUNDED_PAGES = 1L << 30;

  /** What SQLite takes in memory. */
  private static final long MOST_MEMORY = 1L << 30;

  private static final String BOUND_REACHED =
      "[SQLITE_FULL] the database has as many pages as it may have";

  private static final String UNPACKED_TO = "org.sqlite.tmpdir";
  private static final long LIBRARY_BYTES = 4L << 20;

  /** Null for a database in memory. */
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

  /** The driver copies a library out of its jar, which a full disk would keep from being loaded. */
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

  /** A connection to write on has been opened, with what its URL says. */
  void opened(Connection connection, boolean isInMemory) throws SQLException {
    mostPages = SqliteDialect.number(connection, "PRAGMA max_page_count");
    if (isInMemory) {
      // It is outside of the heap, but in the same machine.
      long bytes = Math.min(MOST_MEMORY, Runtime.getRuntime().maxMemory() / 4);
      mostPages = Math.min(mostPages, bytes / SqliteDialect.number(connection, "PRAGMA page_size"));
    }
    isRationed = isShort();
    ration(connection);
    if (isRationed) {
      checkpoint(connection);
    }
  }

  /** Events of so many bytes are about to be written; throws if they are to be refused. */
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

  /** All has been written, but to the log. */
  void committing() {
    isCommitting = true;
    ended();
  }

  private void ended() {
    if (space != null) {
      space.ended();
    }
  }

  /** Whether a transaction has failed for want of room: then the next one may have some. */
  boolean isShortAfter(SQLException failure) {
    boolean wasCommitting = isCommitting;
    isCommitting = false;
    if (failure instanceof FreeSpace.NoRoomException) {
      return true;
    }
    if (!isNoRoom(failure)) {
      return false;
    }
    // The log is written at the commit. Before that only the number of pages is in the way.
    boolean isByPages = code(failure) == FULL && !wasCommitting;
    if (isByPages && isBounded()) {
      isAtBound = true;
    } else if (space != null && !(isByPages && space.isLow())) {
      space.full(String.valueOf(failure.getMessage()));
    }
    return true;
  }

  /** Whether opening the database, which takes some room as well, is to be tried again. */
  boolean isThereMoreAfter(SQLException failure) {
    return space != null && isNoRoom(failure) && space.full(String.valueOf(failure.getMessage()));
  }

  private static boolean isNoRoom(SQLException failure) {
    String message = String.valueOf(failure.getMessage());
    return code(failure) == FULL || NO_ROOM.stream().anyMatch(message::contains);
  }

  /** An extended code has more in its higher bits. */
  private static int code(SQLException failure) {
    return failure.getErrorCode() & 0xff;
  }

  /** The transaction has ended, and another has not begun. */
  void rolledBack(Connection connection) throws SQLException {
    isCommitting = false;
    ended();
    rationIfNeeded(connection);
    if (isRationed) {
      checkpoint(connection);
    }
  }

  /** Prepares for new events; throws if they are still to be refused. */
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

  /** Why events are refused; null where they are not. */
  @Nullable String lack() {
    String lack = space == null ? null : space.lack();
    return lack == null && isAtBound ? BOUND_REACHED : lack;
  }

  /** Gives pages back to the disk that are not used, some at a time, and says whether more are. */
  boolean giveBack(Connection connection) throws SQLException {
    // On a full disk, all that there are.
    boolean isLow = space != null && space.isLow();
    long pages = isLow ? rationPages() : VACUUM_PAGES;
    boolean more = SqliteDialect.number(connection, "PRAGMA freelist_count") > (isLow ? 0 : pages);
    if (more) {
      try (Statement vacuum = connection.createStatement()) {
        // Each of its steps gives back a page, and only an update takes all of them.
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

  /** As many are kept for what becomes of events when no more are accepted. */
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
   * While events are refused, the log is moved to the database often, so that it does not grow, and
   * the database grows no further than that is possible.
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
   * Moves the log to the database, so that it begins anew in the blocks that it has. SQLite does
   * that behind a commit, and there may be none.
   */
  private void checkpoint(Connection connection) throws SQLException {
    if (space == null) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (SQLException e) {
      // The database has to grow for that: with the next piece of the ballast.
      if (!connection.getAutoCommit()) {
        begin(connection);
      }
    }
  }

  /**
   * A statement that fails for want of room may end the transaction, which the driver cannot know.
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
