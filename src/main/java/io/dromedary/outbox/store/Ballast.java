package io.dromedary.outbox.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * A file that reserves space on a disk. When the disk is full, the space is given up a piece at a
 * time, so that other programs can take only what the outbox does not use at once. Not thread-safe.
 */
final class Ballast {

  private static final int PIECES = 16;

  private static final int BUFFER = 64 * 1024;

  /** The most bytes added at a time, since the writer does nothing else meanwhile. */
  private static final long MOST_GROWN = 1 << 20;

  private final Path file;
  private final long wholeBytes;
  private long bytes;
  private boolean wasWhole;

  /** Opens the ballast, which an earlier process may have left, complete or not. */
  Ballast(Path file, long wholeBytes) {
    this.file = file;
    this.wholeBytes = wholeBytes;
    try {
      bytes = Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      bytes = 0;
    }
    // Part of a file means that the rest was given up.
    wasWhole = bytes > 0;
  }

  long wholeBytes() {
    return wholeBytes;
  }

  long bytes() {
    return bytes;
  }

  long missingBytes() {
    return Math.max(0, wholeBytes - bytes);
  }

  /** Whether it has to be completed. If it never was complete, the disk may not have the room. */
  boolean isRequired() {
    return wasWhole;
  }

  private long pieceBytes() {
    return Math.max(BUFFER, wholeBytes / PIECES);
  }

  /** Gives up a piece. Returns false if there is none left. */
  boolean give() {
    if (bytes == 0) {
      return false;
    }
    long left = Math.max(0, bytes - pieceBytes());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(left);
      channel.force(true);
    } catch (IOException e) {
      // If the file has been deleted, its space is free already.
      left = 0;
    }
    bytes = left;
    return true;
  }

  /**
   * Adds a piece.
   *
   * @throws IOException if there is no room for it; the file is then unchanged
   */
  void grow() throws IOException {
    // Random bytes, which a file system cannot compress.
    SplittableRandom random = new SplittableRandom(bytes);
    byte[] noise = new byte[BUFFER];
    long to = Math.min(wholeBytes, bytes + Math.min(MOST_GROWN, pieceBytes()));
    try (FileChannel channel =
        OwnersFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      try {
        channel.truncate(bytes);
        for (long at = bytes; at < to; ) {
          random.nextBytes(noise);
          int length = (int) Math.min(noise.length, to - at);
          at += channel.write(ByteBuffer.wrap(noise, 0, length), at);
        }
        channel.force(true);
      } catch (IOException e) {
        channel.truncate(bytes);
        throw e;
      }
    }
    bytes = to;
    wasWhole |= missingBytes() == 0;
  }
}
