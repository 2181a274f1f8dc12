package io.dromedary.app;

import io.dromedary.outbox.store.OwnersFiles;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives libraries a folder for temporary files, such as the native code that they extract: a folder
 * of this process below {@code data/tmp}. The system's temporary folder would not be cleaned up
 * after a process is killed, others may write to it, and it may be read-only.
 */
final class TemporaryFiles {

  /** The system properties of SQLite's driver, Kafka's compression, Netty and Vert.x. */
  private static final List<String> KEYS =
      List.of(
          "org.sqlite.tmpdir",
          "org.xerial.snappy.tempdir",
          "ZstdTempFolder",
          "io.netty.tmpdir",
          "vertx.cacheDirBase");

  private TemporaryFiles() {}

  /**
   * Creates the folder, and deletes the folders of processes that have ended. If that fails,
   * libraries use their own defaults.
   *
   * @param data the application's data folder
   */
  static void below(Path data) {
    Path all = data.resolve("tmp").toAbsolutePath();
    Path own = all.resolve(Long.toString(ProcessHandle.current().pid()));
    try {
      OwnersFiles.createFolder(all);
      deleteStale(all);
      OwnersFiles.createFolder(own);
    } catch (IOException e) {
      // Otherwise Vert.x would create a folder at the start, even if it does not need one.
      PackagedApplication.setDefault("vertx.disableFileCPResolving", "true");
      return;
    }
    for (String key : KEYS) {
      PackagedApplication.setDefault(
          key, key.startsWith("vertx") ? own.resolve("vertx").toString() : own.toString());
    }
  }

  private static void deleteStale(Path all) throws IOException {
    List<Path> found;
    try (var folders = Files.list(all)) {
      found = folders.filter(TemporaryFiles::isStale).toList();
    }
    for (Path folder : found) {
      try {
        Files.walkFileTree(folder, new Deletion());
      } catch (IOException e) {
        // The next start tries to delete it again.
      }
    }
  }

  private static boolean isStale(Path folder) {
    String name = folder.getFileName().toString();
    if (!name.matches("\\d{1,18}")) {
      return false;
    }
    long pid = Long.parseLong(name);
    // In a container each process has the same process id as the one before.
    return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
