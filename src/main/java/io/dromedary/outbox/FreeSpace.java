package io.dromedary.outbox;

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
 * Keeps room on the disk for deliveries: to delete an event from an SQLite database takes a few
 * pages of its log. So events are refused while there is still some room, and when others have
 * taken that, too, the {@link Ballast} is given up. It is made again before events are accepted
 * again. Used by the store's writer; {@link #lack()} by any thread.
 */
final class FreeSpace {

  /** What is known of a disk. */
  interface Disk {
    long usableBytes() throws IOException;

    long totalBytes() throws IOException;

    /** The disk on which a folder is. */
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

  /** An event is refused where there is none. */
  static final class NoRoomException extends SQLException {

    private static final long serialVersionUID = 1L;

    NoRoomException(String why) {
      super(why + ": events are refused until there is room, and deliveries go on");
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);

  /**
   * Room for the log between two checkpoints (16 MiB), for that of the largest transaction, and for
   * what both add to the database.
   */
  private static final long MOST_BALLAST = 64L << 20;

  private static final long LEAST_BALLAST = 256 * 1024;

  /** Of a disk, whose size it may not matter to. */
  private static final int SHARE = 8;

  /** In the log and in the database, with its index. */
  private static final int TIMES_WRITTEN = 3;

  /** With as much, nobody can fill the disk before it is looked at again. */
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

  /** How large the ballast is when it is whole. */
  long ballastBytes() {
    return ballast.wholeBytes();
  }

  /** How much of the ballast there is to be given up. */
  long heldBytes() {
    return ballast.bytes();
  }

  /** Why events are refused; null where they are not. */
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
   * An event is about to be written.
   *
   * @throws NoRoomException if it is to be refused
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

  /** The transaction has ended. */
  void ended() {
    admittedBytes = 0;
  }

  /** Writing has failed for want of room. Returns whether to try again is of use. */
  boolean full(String failure) {
    if (why == null) {
      why = failure;
      return true;
    }
    return ballast.give();
  }

  /** Gives up what takes part of the ballast before anything has failed. */
  void give(String reason) {
    if (why == null) {
      why = reason;
    }
    ballast.give();
  }

  /**
   * Makes the ballast whole, and accepts events again, if there is room for that.
   *
   * @throws NoRoomException if there is not
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
   * Makes a part of the ballast, not at once after a start unless the disk is rather full, and says
   * whether it is to be called again soon.
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
      // Whatever is wrong with it shows when something is written.
      return Long.MAX_VALUE / 2;
    }
  }
}
