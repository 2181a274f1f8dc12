package io.dromedary.settings;

import java.nio.file.FileSystems;
import java.util.List;

/**
 * Adds options to a file endpoint, so that only the owner can read files with dead letters and the
 * folders made for them. They hold the events as received.
 */
final class DeadLetterOptions {

  private static final List<String> FILE = List.of("chmod=600", "chmodDirectory=700");

  private DeadLetterOptions() {}

  /** Returns the URI with the options that it does not set itself. */
  static String complete(String uri) {
    boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return isPosix && EndpointUri.scheme(uri).equals("file") ? UriOptions.with(uri, FILE) : uri;
  }
}
