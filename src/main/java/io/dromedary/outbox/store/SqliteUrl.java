package io.dromedary.outbox.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A parsed JDBC URL of SQLite. It names a file, by its path or by a {@code file:} URI, or a
 * database in memory.
 *
 * @param jdbc the URL to connect to; every connection to it sees the same database
 * @param file the path of the file; null for a database in memory
 */
public record SqliteUrl(String jdbc, @Nullable Path file) {

  public static final String PREFIX = "jdbc:sqlite:";

  private static final String URI = "file:";

  public static SqliteUrl of(String url) {
    String[] parts = url.substring(PREFIX.length()).split("\\?", 2);
    List<String> options = parts.length == 1 ? List.of() : Arrays.asList(parts[1].split("&", -1));
    try {
      String path = parts[0].startsWith(URI) ? path(parts[0].substring(URI.length())) : parts[0];
      return path.isEmpty()
              || path.equals(":memory:")
              || options.stream().anyMatch(SqliteUrl::isInMemory)
          ? new SqliteUrl(inMemory(options), null)
          : new SqliteUrl(url, Path.of(path));
    } catch (InvalidPathException e) {
      throw new IllegalStateException(
          "The outbox " + parts[0] + " cannot be opened: expected the path of a file, " + e, e);
    }
  }

  /** The path of a URI as SQLite reads it: without authority and fragment, percent-decoded. */
  private static String path(String uri) {
    String path = uri.split("#", 2)[0];
    if (path.startsWith("//")) {
      int slash = path.indexOf('/', 2);
      path = slash < 0 ? "" : path.substring(slash);
    }
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "The outbox " + URI + uri + " cannot be opened: expected a URI, found " + e.getMessage(),
          e);
    }
  }

  private static boolean isInMemory(String option) {
    return List.of("mode=memory", "vfs=memdb").contains(option.strip().toLowerCase(Locale.ROOT));
  }

  /**
   * The URL of a database in memory. Without a name such a database belongs to a single connection,
   * so it gets a random one, different for each outbox of the process. The alternative,
   * shared-cache mode, would let readers make commits fail.
   */
  private static String inMemory(List<String> options) {
    return options.stream()
        .filter(option -> !option.isBlank() && !option.strip().matches("(?i)(mode|cache|vfs)=.*"))
        .map(option -> "&" + option)
        .collect(Collectors.joining("", PREFIX + "file:/" + UUID.randomUUID() + "?vfs=memdb", ""));
  }
}
