package io.dromedary.settings;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The paths of the HTTP server that belong to Dromedary. A host may have routes at the defaults.
 *
 * @param root what the path of each request begins with before that of its endpoint: empty, or a
 *     path
 * @param tracking the path of the tracking API, below the root
 * @param management the path of what is for operators, below the root
 */
public record ServerPaths(String root, String tracking, String management) {

  /** The path of the request bin, below the root. */
  public static final String BIN = "/bin";

  private static final String TRACKING = "/v1";
  private static final String MANAGEMENT = "/dromedary";

  /** Segments that no server reads in two ways. */
  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");

  /** The endpoint of the tracking API. */
  public String trackingApi() {
    return "platform-http:" + tracking + "?matchOnUriPrefix=true&populateBodyWithForm=false";
  }

  /** The path of the dead letters' API, below the root. */
  public String deadLetters() {
    return management + "/dead-letters";
  }

  /** The path of the tracking API where a host's own reading of its properties gives none. */
  public static String trackingPath(@Nullable String set) {
    return set == null || set.isBlank() ? TRACKING : bare(set);
  }

  private static String bare(String path) {
    return path.strip().replaceFirst("(?<=.)/+$", "");
  }

  static ServerPaths read(Keys keys, String root) {
    String tracking = path(keys, "path", TRACKING);
    String management = path(keys, "management.path", MANAGEMENT);
    Map.of("path", tracking, "management.path", management)
        .forEach(
            (key, path) -> {
              if (overlap(path, BIN)) {
                keys.problem(key, path, "another path than that of the request bin, " + BIN);
              }
            });
    if (overlap(tracking, management)) {
      keys.problem(
          "management.path",
          management,
          "a path that is neither that of the tracking API ("
              + tracking
              + ") nor above or below it");
    }
    return new ServerPaths(root, tracking, management);
  }

  private static boolean overlap(String path, String other) {
    return (path + "/").startsWith(other + "/") || (other + "/").startsWith(path + "/");
  }

  private static String path(Keys keys, String key, String fallback) {
    String found = keys.text(key, fallback);
    String path = bare(found);
    if (!PATH.matcher(path).matches()) {
      keys.problem(
          key, found, "a path of letters, digits, \"-\", \"_\" and \".\", such as " + fallback);
      return fallback;
    }
    return path;
  }
}
