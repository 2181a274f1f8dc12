package io.dromedary.outbox;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files and folders that only their owner may read, from the instant they are there: events hold
 * what others may not know. What exists already stays as it is, since who made it may have let
 * others read it. A file system without POSIX permissions decides by itself.
 */
public final class OwnersFiles {

  private static final FileAttribute<?>[] FILE = attributes("rw-------");
  private static final FileAttribute<?>[] FOLDER = attributes("rwx------");
  private static final FileAttribute<?>[] NONE = {};

  private OwnersFiles() {}

  /** Makes a folder, and those that it is in, where there is none. */
  public static void createFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, isPosix(folder) ? FOLDER : NONE);
    }
  }

  /** Makes an empty file where there is none. */
  public static void createFile(Path file) throws IOException {
    try {
      Files.createFile(file, isPosix(file) ? FILE : NONE);
    } catch (FileAlreadyExistsException e) {
      // Of a former life.
    }
  }

  /** Opens a file; one that is made by that is its owner's. */
  static FileChannel open(Path file, OpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), isPosix(file) ? FILE : NONE);
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static FileAttribute<?>[] attributes(String permissions) {
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
    };
  }
}
