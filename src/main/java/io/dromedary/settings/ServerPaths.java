package io.dromedary.settings;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The paths that Dromedary serves on the HTTP server. They can be set, since a host may have routes
 * at the default paths.
 *
 * @param root the prefix of all paths in requests: empty, or a path
 * @param tracking the path of the tracking API, below the root
 * @param management the management path, below the root
 * @param publicUrl the URL of the root for senders; if null, a request's {@code Host} is used
 */
public record ServerPaths(
    String root, String tracking, String management, @Nullable PublicUrl publicUrl) {

  /** The path of the request bin, below the root. */
  public static final String BIN = "/bin";

  /** The path at which RudderStack's SDKs request their settings. */
  public static final String SOURCE_CONFIG = "/sourceConfig";

  /** The path to which RudderStack's SDKs send when a page is left. */
  public static final String BEACON = "/beacon/v1";

  private static final String TRACKING = "/v1";
  private static final String MANAGEMENT = "/dromedary";

  /** A path of segments that every server reads in the same way. */
  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");

  /** The endpoint of the tracking API. */
  public String trackingApi() {
    return "platform-http:" + tracking + "?matchOnUriPrefix=true&populateBodyWithForm=false";
  }

  /** The path of the dead letters' API, below the root. */
  public String deadLetters() {
    return management + "/dead-letters";
  }

  /**
   * The path below the root that RudderStack's SDKs put before {@code /v1}, {@code /sourceConfig}
   * and {@code /beacon/v1}, or null if the path of the tracking API does not end in {@code /v1}.
   */
  public @Nullable String sdkRoot() {
    return sdkRoot(tracking);
  }

  /** Returns whether the SDKs' paths beside the tracking API belong to this inbound. */
  public boolean isForSdks(Inbound inbound) {
    return inbound.isOfPlatform() && inbound.path().equals(tracking) && sdkRoot() != null;
  }

  /** The paths that SDKs use if the tracking API has the given path. */
  public static List<String> sdkPaths(String tracking) {
    String sdkRoot = sdkRoot(tracking);
    return sdkRoot == null
        ? List.of(tracking)
        : List.of(tracking, sdkRoot + SOURCE_CONFIG, sdkRoot + BEACON);
  }

  private static @Nullable String sdkRoot(String tracking) {
    return tracking.endsWith(TRACKING)
        ? tracking.substring(0, tracking.length() - TRACKING.length())
        : null;
  }

  /** The path of the tracking API for a value that a host has read, which may be null. */
  public static String trackingPath(@Nullable String set) {
    return set == null || set.isBlank() ? TRACKING : bare(set);
  }

  private static String bare(String path) {
    return path.strip().replaceFirst("(?<=.)/+$", "");
  }

  static ServerPaths read(PropertyReader keys, String root) {
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
    } else if (sdkPaths(tracking).stream().anyMatch(path -> overlap(path, management))) {
      keys.problem(
          "management.path",
          management,
          "another path than those of SDKs beside the tracking API: "
              + String.join(", ", sdkPaths(tracking)));
    }
    return new ServerPaths(root, tracking, management, PublicUrl.read(keys));
  }

  private static boolean overlap(String path, String other) {
    return (path + "/").startsWith(other + "/") || (other + "/").startsWith(path + "/");
  }

  private static String path(PropertyReader keys, String key, String fallback) {
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
