package io.dromedary.settings;

import java.nio.file.FileSystems;

/**
 * The options by which files with dead letters, and folders that are made for them, are for their
 * owner only: they hold what came in.
 */
final class DeadLetterOptions {

  private DeadLetterOptions() {}

  /** The URI, and those options of its component that it does not have. */
  static String complete(String uri) {
    boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    if (!isPosix || !Settings.scheme(uri).equals("file")) {
      return uri;
    }
    String complete = uri;
    if (!uri.contains("chmod=")) {
      complete += (complete.contains("?") ? "&" : "?") + "chmod=600";
    }
    return uri.contains("chmodDirectory=") ? complete : complete + "&chmodDirectory=700";
  }
}
