package io.dromedary.event;

import io.dromedary.http.RequestHead;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which pages may send and read, and what their browsers are told of it. Immutable. */
final class Cors {

  /** What SDKs send, whether it was asked for or not. */
  private static final List<String> HEADERS =
      List.of("authorization", "content-type", "x-retry-count");

  /** A name of a header, RFC 9110 5.6.2, of a length that none exceeds. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,64}");

  private static final int MOST_NAMES = 64;

  private final List<String> origins;

  /** The origins whose pages may send, {@code *}: any; without them, pages of this server may. */
  Cors(List<String> origins) {
    this.origins = origins;
  }

  /** Whether a request is of no page, or of one that may send. */
  boolean isAllowed(RequestHead head) {
    return !head.isOfForeignPage() || allows(head.origin());
  }

  /**
   * Whether an image may be asked for, which an old browser does for any page without saying so.
   */
  boolean isImageAllowed(RequestHead head) {
    return isAllowed(head) && (!head.isOfUnknownPage() || allows(null));
  }

  private boolean allows(@Nullable String origin) {
    return origins.contains("*") || (origin != null && origins.contains(origin));
  }

  /** The headers of every answer to a request with that {@code Origin}, which may be null. */
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
        // A page whose SDK sends cookies may read no answer without it.
        headers.put("Access-Control-Allow-Credentials", "true");
      }
    }
    if (!origins.equals(List.of("*"))) {
      headers.put("Vary", "Origin");
    }
    return headers;
  }

  /**
   * The further headers by which a browser is told what it may send.
   *
   * @param asked the header {@code Access-Control-Request-Headers}: names that are none are left
   *     out
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
