package io.dromedary.settings;

import java.nio.file.FileSystems;
import java.util.List;

/**
 * The options by which files with dead letters, and folders that are made for them, are for their
 * owner only: they hold what came in.
 */
final class DeadLetterOptions {

  private static final List<String> FILE = List.of("chmod=600", "chmodDirectory=700");

  private DeadLetterOptions() {}

  /** The URI, and those options of its component that it does not have. */
  static String complete(String uri) {
    boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return isPosix && Settings.scheme(uri).equals("file") ? UriOptions.with(uri, FILE) : uri;
  }
}
