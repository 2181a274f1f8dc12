package io.dromedary.event;

import io.dromedary.http.Refusal;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.http.WrongKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which requests to the tracking API are refused by their heads: for another path or method, of a
 * page that may not send, with a wrong write key. Thread-safe.
 */
final class TrackingCheck implements RequestCheck {

  /** An action of a path that an operator has chosen: its body says what it is. */
  static final String ANY = "*";

  /** The browser SDK's metrics about itself, which are nobody's events. */
  static final String METRICS = "m";

  private static final Set<String> BATCHES = Set.of("batch", "import", "b");

  private static final Map<String, EventType> SHORT_PATHS =
      Map.of(
          "i", EventType.IDENTIFY,
          "t", EventType.TRACK,
          "p", EventType.PAGE,
          "s", EventType.SCREEN,
          "g", EventType.GROUP,
          "a", EventType.ALIAS);

  private final WriteKeys keys;
  private final List<String> origins;
  private final boolean isLocal;
  private final @Nullable String path;
  private final WrongKeys wrongKeys = new WrongKeys("write key");

  /**
   * A check.
   *
   * @param origins whose pages may send, {@code *}: any; without them, pages of this server may
   * @param isLocal whether the server listens on loopback only, and senders need no key
   * @param path the path of the tracking API, or null where an operator has chosen one for any body
   */
  TrackingCheck(WriteKeys keys, List<String> origins, boolean isLocal, @Nullable String path) {
    this.keys = keys;
    this.origins = origins;
    this.isLocal = isLocal;
    this.path = path;
  }

  @Override
  public @Nullable Refusal check(RequestHead head) {
    if (action(head.path()).isEmpty()) {
      return new Refusal(
          404,
          "not_found",
          "expected %1$s/batch, %1$s/import or %1$s/TYPE, found another path".formatted(path));
    }
    if (isLocal && !head.isForLoopback()) {
      return Refusal.ofHost();
    }
    if (!isAllowed(head)) {
      return new Refusal(
          403,
          "forbidden_origin",
          "expected a page of webhooks.cors.origins, found one of another origin");
    }
    if (head.method().equals("OPTIONS")) {
      return null;
    }
    if (!head.method().equals("POST")) {
      return new Refusal(
          405,
          "method_not_allowed",
          "expected POST, found " + head.method(),
          Map.of("Allow", "POST, OPTIONS"));
    }
    return keys.hasKnown(head.authorization()) ? null : checkKey(head);
  }

  private @Nullable Refusal checkKey(RequestHead head) {
    if (wrongKeys.areTooMany(head.address())) {
      return Refusal.ofAddress();
    }
    return keys.hasUnknown(head.authorization()) ? wrongKey(head.address()) : null;
  }

  /** The refusal of a request without a known key, which is counted for its address. */
  Refusal wrongKey(@Nullable String address) {
    wrongKeys.add(address);
    return new Refusal(401, "unauthorized", "expected a known write key, found none or another");
  }

  /** A body was refused before it could show a key: it cost as much as one with a wrong one. */
  void refused(RequestHead head) {
    if (!keys.hasKnown(head.authorization())) {
      wrongKeys.add(head.address());
    }
  }

  private boolean isAllowed(RequestHead head) {
    return !head.isOfForeignPage()
        || origins.contains("*")
        || (head.origin() != null && origins.contains(head.origin()));
  }

  /**
   * What follows the path of the tracking API: a type, {@code batch}, {@code m}. Empty where there
   * is no such thing; {@link #ANY} for a path that an operator has chosen for a {@code
   * platform-http} inbound.
   */
  String action(String asked) {
    if (path == null) {
      return ANY;
    }
    String single = asked.contains("//") ? asked.replaceAll("/+", "/") : asked;
    int begin = path.length() + 1;
    int end = single.endsWith("/") ? single.length() - 1 : single.length();
    String action =
        single.startsWith(path + "/") && begin < end ? single.substring(begin, end) : "";
    boolean isKnown = BATCHES.contains(action) || action.equals(METRICS) || type(action) != null;
    return isKnown ? action : "";
  }

  /** The type of an action, or null if it is a batch. */
  static @Nullable EventType type(String action) {
    EventType type = SHORT_PATHS.get(action);
    return type == null ? EventType.of(action) : type;
  }

  @Override
  public Map<String, Object> headers(@Nullable String origin) {
    Map<String, Object> headers = new HashMap<>();
    if (origin != null) {
      boolean any = origins.contains("*");
      if (any || origins.contains(origin)) {
        headers.put("Access-Control-Allow-Origin", any ? "*" : origin);
        headers.put("Access-Control-Expose-Headers", "Retry-After");
      }
      if (!any) {
        headers.put("Vary", "Origin");
      }
    }
    return headers;
  }
}
