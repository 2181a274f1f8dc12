package io.dromedary.outbox.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reserves disk space for deliveries, since deleting an event from an SQLite database takes a few
 * pages of its log. New events are refused while there is still some space left. If other programs
 * use that up as well, the {@link Ballast} is given up piece by piece. It is restored before events
 * are accepted again. Used by the store's writer; {@link #lack()} by any thread.
 */
final class FreeSpace {

  /** The size and the free space of a disk. */
  interface Disk {
    long usableBytes() throws IOException;

    long totalBytes() throws IOException;

    /** The disk that holds a folder. */
    static Disk of(Path folder) throws IOException {
      FileStore store = Files.getFileStore(folder);
      return new Disk() {
        @Override
        public long usableBytes() throws IOException {
          return store.getUsableSpace();
        }

        @Override
        public long totalBytes() throws IOException {
          return store.getTotalSpace();
        }
      };
    }
  }

  /** Thrown if an event is refused because there is no room for it. */
  static final class NoRoomException extends SQLException {

    private static final long serialVersionUID = 1L;

    NoRoomException(String why) {
      super(why + ": events are refused until there is room, and deliveries go on");
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);

  /**
   * Room for the log between two checkpoints (16 MiB), for the log of the largest transaction, and
   * for the pages that both add to the database.
   */
  private static final long MOST_BALLAST = 64L << 20;

  private static final long LEAST_BALLAST = 256 * 1024;

  /** The ballast takes at most an eighth of the disk, which matters if the disk is small. */
  private static final int SHARE = 8;

  /** An event takes its size in the log, and again in the database with its indexes. */
  private static final int TIMES_WRITTEN = 3;

  /** With this much free, the disk does not fill up before the next look at it. */
  private static final long PLENTY = 1L << 30;

  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Disk disk;
  private final Ballast ballast;
  private final long startNanos = System.nanoTime();
  private long usableBytes;
  private long admittedBytes;
  private boolean hasWarned;
  private volatile @Nullable String why;

  FreeSpace(Path database, Disk disk) {
    long whole = LEAST_BALLAST;
    try {
      whole = Math.max(whole, Math.min(MOST_BALLAST, disk.totalBytes() / SHARE));
    } catch (IOException e) {
      LOG.warn("The size of the disk of {} is not known: {}", database, e.toString());
    }
    this.disk = disk;
    this.ballast = new Ballast(database.resolveSibling(database.getFileName() + ".ballast"), whole);
  }

  /** The size of the complete ballast. */
  long ballastBytes() {
    return ballast.wholeBytes();
  }

  /** The size of the ballast that is left to give up. */
  long heldBytes() {
    return ballast.bytes();
  }

  /** Why events are refused, or null if they are accepted. */
  @Nullable String lack() {
    return why;
  }

  boolean isLow() {
    return why != null;
  }

  private long reserveBytes() {
    return ballast.wholeBytes() / 2;
  }

  /**
   * Checks, before an event is written, that there is room for it.
   *
   * @throws NoRoomException if the event must be refused
   */
  void admit(long bytes) throws NoRoomException {
    if (why == null) {
      if (admittedBytes == 0) {
        usableBytes = usableBytes();
      }
      admittedBytes += bytes;
      if (usableBytes < reserveBytes() + TIMES_WRITTEN * admittedBytes) {
        why = "the disk has " + usableBytes / 1024 + " KiB left";
      }
    }
    if (why != null) {
      throw new NoRoomException(why);
    }
  }

  /** Notes that the transaction has ended. */
  void ended() {
    admittedBytes = 0;
  }

  /**
   * Notes that a write has failed because the disk is full. Events are refused from then on. If
   * they were refused already, a piece of the ballast is given up. Returns whether a retry may
   * succeed.
   */
  boolean full(String failure) {
    if (why == null) {
      why = failure;
      return true;
    }
    return ballast.give();
  }

  /** Refuses events and gives up a piece of the ballast before any write has failed. */
  void give(String reason) {
    if (why == null) {
      why = reason;
    }
    ballast.give();
  }

  /**
   * Completes the ballast and accepts events again.
   *
   * @throws NoRoomException if there is no room for the ballast
   */
  void restore() throws NoRoomException {
    String before = why;
    if (before == null) {
      return;
    }
    if (!hasRoom()) {
      throw new NoRoomException(before);
    }
    try {
      while (ballast.isRequired() && ballast.missingBytes() > 0) {
        ballast.grow();
      }
    } catch (IOException e) {
      throw new NoRoomException(before);
    }
    why = null;
  }

  private boolean hasRoom() {
    return usableBytes() >= ballast.missingBytes() + reserveBytes() + ballast.wholeBytes() / 4;
  }

  /**
   * Adds a piece to the ballast if it is not complete. In the first seconds after a start, does so
   * only if the disk is rather full. Returns whether this should be called again soon.
   */
  boolean tend() {
    if (why != null || ballast.missingBytes() == 0) {
      return false;
    }
    if (System.nanoTime() - startNanos < CALM_NANOS && usableBytes() >= PLENTY) {
      return false;
    }
    if (!hasRoom()) {
      why = "the disk has " + usableBytes() / 1024 + " KiB left";
      return false;
    }
    try {
      ballast.grow();
      return ballast.missingBytes() > 0;
    } catch (IOException e) {
      if (!hasWarned) {
        hasWarned = true;
        LOG.warn("No room can be set aside for the time when the disk is full: {}", e.toString());
      }
      return false;
    }
  }

  private long usableBytes() {
    try {
      return disk.usableBytes();
    } catch (IOException e) {
      // If something is wrong with the disk, the next write shows it.
      return Long.MAX_VALUE / 2;
    }
  }
}
