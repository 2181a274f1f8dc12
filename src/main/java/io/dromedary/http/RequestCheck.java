package io.dromedary.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Refuses requests to a path before their bodies are read. Thread-safe. */
public interface RequestCheck {

  /** Returns why a request is refused, or null if it is not. */
  @Nullable Refusal check(RequestHead head);

  /**
   * Returns the headers of every answer to a request with that {@code Origin}, which may be null.
   */
  default Map<String, Object> headers(@Nullable String origin) {
    return Map.of();
  }

  /** Returns the {@code Cache-Control} of every answer to a GET or HEAD request. */
  default String cacheControl(RequestHead head) {
    return RawBodies.NOT_KEPT;
  }
}
