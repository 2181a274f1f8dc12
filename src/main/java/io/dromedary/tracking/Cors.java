package io.dromedary.tracking;

import io.dromedary.http.RequestHead;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decides which web pages may send events and writes the CORS headers. Immutable. */
final class Cors {

  /** The headers that SDKs send. They are always allowed. */
  private static final List<String> HEADERS =
      List.of("authorization", "content-type", "x-retry-count");

  /** The name of a header (RFC 9110, 5.6.2), at most as long as any real one. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,64}");

  private static final int MOST_NAMES = 64;

  private final List<String> origins;

  /**
   * Allows pages of the given origins.
   *
   * @param origins {@code *} stands for any; if empty, only pages of this server may send
   */
  Cors(List<String> origins) {
    this.origins = origins;
  }

  /** Returns whether a request comes from a page that may send, or from no page. */
  boolean isAllowed(RequestHead head) {
    return !head.isOfForeignPage() || allows(head.origin());
  }

  /**
   * Returns whether a request for an image is allowed. An old browser loads images for any page and
   * does not name the page's origin.
   */
  boolean isImageAllowed(RequestHead head) {
    return isAllowed(head) && (!head.isOfUnknownPage() || allows(null));
  }

  private boolean allows(@Nullable String origin) {
    return origins.contains("*") || (origin != null && origins.contains(origin));
  }

  /** The headers of every response to a request with this {@code Origin}. */
  Map<String, Object> headers(@Nullable String origin) {
    Map<String, Object> headers = new HashMap<>();
    if (origin == null) {
      return headers;
    }
    if (allows(origin)) {
      boolean isNamed = origins.contains(origin);
      headers.put("Access-Control-Allow-Origin", isNamed ? origin : "*");
      headers.put("Access-Control-Expose-Headers", "Retry-After");
      if (isNamed) {
        // Without it, a page whose SDK sends cookies cannot read the response.
        headers.put("Access-Control-Allow-Credentials", "true");
      }
    }
    if (!origins.equals(List.of("*"))) {
      headers.put("Vary", "Origin");
    }
    return headers;
  }

  /**
   * The additional headers of the response to a preflight request.
   *
   * @param asked the header {@code Access-Control-Request-Headers}. Invalid names are left out.
   */
  static Map<String, String> preflight(String methods, @Nullable Object asked) {
    Set<String> names = new LinkedHashSet<>(HEADERS);
    if (asked != null) {
      for (String each : asked.toString().split(",", MOST_NAMES + 1)) {
        String name = each.strip().toLowerCase(Locale.ROOT);
        if (names.size() < MOST_NAMES && NAME.matcher(name).matches()) {
          names.add(name);
        }
      }
    }
    return Map.of(
        "Access-Control-Allow-Methods",
        methods,
        "Access-Control-Allow-Headers",
        String.join(", ", names),
        "Access-Control-Max-Age",
        "86400");
  }
}
