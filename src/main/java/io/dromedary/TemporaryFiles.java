package io.dromedary;

import io.dromedary.outbox.OwnersFiles;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where libraries unpack their native code, and what else they keep while they run: a folder of
 * this process below {@code data/tmp}. The system's own is not emptied when a process is killed,
 * others may write to it, and it may be read-only.
 */
final class TemporaryFiles {

  /** By which SQLite's driver, Kafka's compression, Netty and Vert.x are told. */
  private static final List<String> KEYS =
      List.of(
          "org.sqlite.tmpdir",
          "org.xerial.snappy.tempdir",
          "ZstdTempFolder",
          "io.netty.tmpdir",
          "vertx.cacheDirBase");

  private TemporaryFiles() {}

  /**
   * Makes the folder, and deletes those of processes that have ended. Where that is not possible,
   * libraries do as they always do.
   *
   * @param data the folder of all that is kept
   */
  static void below(Path data) {
    Path all = data.resolve("tmp").toAbsolutePath();
    Path own = all.resolve(Long.toString(ProcessHandle.current().pid()));
    try {
      OwnersFiles.createFolder(all);
      deleteStale(all);
      OwnersFiles.createFolder(own);
    } catch (IOException e) {
      // Vert.x makes its folder at the start, if it needs one or not.
      Dromedary.setDefault("vertx.disableFileCPResolving", "true");
      return;
    }
    for (String key : KEYS) {
      Dromedary.setDefault(
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
        // The next start tries again.
      }
    }
  }

  private static boolean isStale(Path folder) {
    String name = folder.getFileName().toString();
    if (!name.matches("\\d{1,18}")) {
      return false;
    }
    long pid = Long.parseLong(name);
    // In a container each process has the number of the one before.
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
