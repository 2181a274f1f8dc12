package io.dromedary.settings;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Extracts from an endpoint's URI its scheme, and the part that may be shown. */
public final class EndpointUri {

  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");

  private EndpointUri() {}

  /**
   * Returns the part of an endpoint's URI that may be shown: its scheme and host, or its scheme and
   * path. Paths and queries of URLs, and the user info before an {@code @}, often hold a secret.
   */
  public static String origin(String uri) {
    String shown = uri.split("[?#]", 2)[0];
    int colon = shown.indexOf(':');
    int slashes = shown.indexOf("://");
    if (shown.startsWith("file:")) {
      return shown;
    }
    if (slashes >= 0 && slashes == colon) {
      String authority = shown.substring(slashes + 3).split("/", 2)[0];
      return shown.substring(0, slashes + 3) + authority.substring(authority.lastIndexOf('@') + 1);
    }
    if (colon < 0) {
      return shown.split("/", 2)[0];
    }
    boolean isUrl = List.of("http", "https").contains(scheme(shown));
    return isUrl || shown.contains("@") ? shown.substring(0, colon + 1) + "…" : shown;
  }

  /** Returns whether a text starts with a scheme and {@code ://}. */
  static boolean hasHost(String text) {
    int slashes = text.indexOf("://");
    String scheme = text.substring(0, Math.max(0, slashes)).toLowerCase(Locale.ROOT);
    return SCHEME.matcher(scheme).matches();
  }

  /**
   * Returns the part that may be shown of a text that is not an endpoint's URI, such as a URL with
   * a missing or misspelt scheme: the part before its path.
   */
  static String beginning(String text) {
    if (hasHost(text)) {
      return origin(text);
    }
    String beginning = text.split("[/?#]", 2)[0];
    return beginning.substring(beginning.lastIndexOf('@') + 1);
  }

  /** The scheme in lower case; the whole text if it has none. */
  static String scheme(String uri) {
    int colon = uri.indexOf(':');
    return colon < 0 ? uri : uri.substring(0, colon).toLowerCase(Locale.ROOT);
  }
}
