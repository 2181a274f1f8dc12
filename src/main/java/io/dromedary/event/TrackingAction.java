package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.RequestHead;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request to the tracking API is about, by its path.
 *
 * @param type of the one event, where the path says it
 * @param key the write key in the path, not decoded
 */
record TrackingAction(Kind kind, @Nullable EventType type, @Nullable String key) {

  /** What a request may be about, and how. */
  enum Kind {
    /** One event of a type. */
    EVENT("POST"),
    /** An object with a batch of events. */
    BATCH("POST"),
    /** The same of a browser that leaves its page, whose key is in the query. */
    BEACON("POST"),
    /** Whatever the body is, at a path that an operator has chosen. */
    ANY("POST"),
    /** The browser SDK's metrics about itself, which are nobody's events. */
    METRICS("POST"),
    /** One event of a type in the query, answered by an image. */
    PIXEL("GET, HEAD"),
    /** What SDKs of Segment ask before they send. */
    SETTINGS("GET, HEAD"),
    /** What SDKs of RudderStack ask before they send. */
    SOURCE_CONFIG("GET, HEAD");

    private final String methods;

    Kind(String methods) {
      this.methods = methods;
    }

    /** The methods, as a header lists them. */
    String allow() {
      return methods + ", OPTIONS";
    }

    /** The methods, as a sentence has them. */
    String expected() {
      return methods.replace(", ", " or ");
    }

    boolean takes(String method) {
      return method.equals("POST") == methods.equals("POST")
          && (method.equals("POST") || method.equals("GET") || method.equals("HEAD"));
    }

    /** Whether a key that the header does not have can only be in the path or the query. */
    boolean hasNoBody() {
      return this == SETTINGS || this == SOURCE_CONFIG;
    }

    private boolean hasKeyInQuery() {
      return this == BEACON || this == PIXEL || this == SOURCE_CONFIG;
    }
  }

  private static final Set<String> BATCHES = Set.of("batch", "import", "b");

  private static final Map<String, EventType> SHORT_PATHS =
      Map.of(
          "i", EventType.IDENTIFY,
          "t", EventType.TRACK,
          "p", EventType.PAGE,
          "s", EventType.SCREEN,
          "g", EventType.GROUP,
          "a", EventType.ALIAS);

  private static final Pattern SETTINGS = Pattern.compile("projects/([^/]+)/settings");
  private static final String PIXEL = "pixel/";

  static TrackingAction of(Kind kind) {
    return new TrackingAction(kind, null, null);
  }

  /** What follows the path of the tracking API and a slash; null where there is no such thing. */
  static @Nullable TrackingAction of(String action) {
    if (BATCHES.contains(action)) {
      return of(Kind.BATCH);
    }
    if (action.equals("m")) {
      return of(Kind.METRICS);
    }
    Matcher settings = SETTINGS.matcher(action);
    if (settings.matches()) {
      return new TrackingAction(Kind.SETTINGS, null, settings.group(1));
    }
    boolean isPixel = action.startsWith(PIXEL);
    String name = isPixel ? action.substring(PIXEL.length()) : action;
    EventType shortType = SHORT_PATHS.get(name);
    EventType type = shortType == null ? EventType.of(name) : shortType;
    return type == null ? null : new TrackingAction(isPixel ? Kind.PIXEL : Kind.EVENT, type, null);
  }

  /**
   * The header {@code Authorization}, or one with the key that the path or the query has in its
   * place: neither an image nor a beacon can have headers.
   */
  @Nullable String authorization(RequestHead head) {
    String found = head.authorization();
    if (key == null && (found != null || !kind.hasKeyInQuery())) {
      return found;
    }
    String written = key == null ? head.parameter("writeKey") : RequestHead.decode(key);
    return written == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(written.getBytes(UTF_8));
  }
}
