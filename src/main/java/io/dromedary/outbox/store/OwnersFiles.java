package io.dromedary.outbox.store;

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
 * Creates files and folders that only their owner may read, from the start, since events may
 * contain confidential data. Existing files keep their permissions, which somebody may have chosen.
 * A file system without POSIX permissions uses its own defaults.
 */
public final class OwnersFiles {

  private static final FileAttribute<?>[] FILE = attributes("rw-------");
  private static final FileAttribute<?>[] FOLDER = attributes("rwx------");
  private static final FileAttribute<?>[] NONE = {};

  private OwnersFiles() {}

  /** Creates a folder and its parents, unless it exists. */
  public static void createFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, isPosix(folder) ? FOLDER : NONE);
    }
  }

  /** Creates an empty file, unless it exists. */
  public static void createFile(Path file) throws IOException {
    try {
      Files.createFile(file, isPosix(file) ? FILE : NONE);
    } catch (FileAlreadyExistsException e) {
      // An earlier process has created it.
    }
  }

  /** Opens a file. If that creates it, only its owner may read it. */
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
