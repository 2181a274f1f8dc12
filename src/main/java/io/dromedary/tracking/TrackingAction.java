package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.event.EventType;
import io.dromedary.http.RequestHead;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The purpose of a request to the tracking API, according to its path.
 *
 * @param type the type of the event, or null if the path does not say it
 * @param key the write key in the path, not decoded, or null
 */
record TrackingAction(Kind kind, @Nullable EventType type, @Nullable String key) {

  /** The kinds of requests, with their methods. */
  enum Kind {
    /** One event of a type. */
    EVENT("POST"),
    /** A batch of events. */
    BATCH("POST"),
    /** A batch that a browser sends when it leaves a page. The key is in the query. */
    BEACON("POST"),
    /** Any body, at a path that the operator has chosen. */
    ANY("POST"),
    /** Metrics of the browser SDK about itself, which are not events. */
    METRICS("POST"),
    /** One event of a type in the query, answered with an image. */
    PIXEL("GET, HEAD"),
    /** The settings that Segment's SDKs request before they send. */
    SETTINGS("GET, HEAD"),
    /** The settings that RudderStack's SDKs request before they send. */
    SOURCE_CONFIG("GET, HEAD");

    private final String methods;

    Kind(String methods) {
      this.methods = methods;
    }

    /** The methods for the header {@code Allow}. */
    String allow() {
      return methods + ", OPTIONS";
    }

    /** The methods for an error message. */
    String expected() {
      return methods.replace(", ", " or ");
    }

    boolean takes(String method) {
      return method.equals("POST") == methods.equals("POST")
          && (method.equals("POST") || method.equals("GET") || method.equals("HEAD"));
    }

    /** Returns whether a request has no body, so that its key cannot be in the body. */
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

  /**
   * Parses a path.
   *
   * @param action the path after that of the tracking API and a slash
   * @return null if there is no such path
   */
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
   * The request's {@code Authorization}, or one made from the key in the path or the query, since
   * requests for images and beacons cannot have headers.
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
