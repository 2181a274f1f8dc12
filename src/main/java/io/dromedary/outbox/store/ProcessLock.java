package io.dromedary.outbox.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Restricts a database to one outbox of one process, by a lock on a file beside it. The lock is
 * held for as long as the outbox is open.
 *
 * <p>POSIX releases a process's locks on a file as soon as the process closes <em>any</em>
 * descriptor of it. So only this class opens the file, and each lock is also recorded in the system
 * properties, which all class loaders of a process share.
 */
final class ProcessLock implements AutoCloseable {

  private final Path database;
  private final Path file;
  private @Nullable FileChannel channel;
  private @Nullable Object key;

  private ProcessLock(Path database) {
    this.database = database;
    this.file = database.resolveSibling(database.getFileName() + ".lock");
  }

  /**
   * Locks a database.
   *
   * @param database its real path, since another path to it would lead to another lock
   * @throws IllegalStateException if it is in use
   */
  static ProcessLock of(Path database) throws IOException {
    ProcessLock lock = new ProcessLock(database);
    lock.acquire();
    return lock;
  }

  private void acquire() throws IOException {
    // The file remains when the process has ended.
    OwnersFiles.createFile(file);
    Object found = key(file);
    if (System.getProperties().putIfAbsent(property(found), file.toString()) != null) {
      throw new IllegalStateException(
          "The outbox "
              + database
              + " is in use by another outbox of this process: expected one a file.");
    }
    // From here on close() releases what has been acquired.
    key = found;
    try {
      FileChannel opened = FileChannel.open(file, StandardOpenOption.WRITE);
      channel = opened;
      if (!tryLock(opened) || !found.equals(key(file))) {
        throw new IllegalStateException(
            "The outbox "
                + database
                + " is in use by another process: expected one process a file."
                + " Several nodes share an outbox on PostgreSQL (webhooks.outbox.url).");
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      // Held until the channel is closed.
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /**
   * The key that identifies the file in the file system, even if another file takes over its path;
   * the path itself if the file system has no such keys.
   */
  private static Object key(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key == null ? file : key;
  }

  private static String property(Object key) {
    return "io.dromedary.outbox.lock " + key;
  }

  /**
   * Checks that another process would still find the lock.
   *
   * @throws SQLException if the file was moved or deleted, since another process may have locked a
   *     new one. The lock is acquired again if no process holds it now.
   */
  void check() throws SQLException {
    try {
      if (key(file).equals(key)) {
        return;
      }
    } catch (NoSuchFileException e) {
      // It is created again below.
    } catch (IOException e) {
      throw new SQLException("the lock " + file + " cannot be looked at: " + e, e);
    }
    try {
      close();
      acquire();
    } catch (IOException | IllegalStateException e) {
      throw new SQLException(what() + ": " + e.getMessage(), e);
    }
    throw new SQLException(what() + ", and has been taken again");
  }

  private String what() {
    return "the lock " + file + " has been moved or deleted";
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // The descriptor is closed nevertheless, which releases the lock.
    }
    channel = null;
    if (key != null) {
      System.getProperties().remove(property(key));
      key = null;
    }
  }
}
