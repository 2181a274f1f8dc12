package io.dromedary.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says which requests to a path are refused before their bodies are read. Thread-safe. */
public interface RequestCheck {

  /** Why a request is refused, or null if it is not. */
  @Nullable Refusal check(RequestHead head);

  /** The headers of every answer to a request with that {@code Origin}, which may be null. */
  default Map<String, Object> headers(@Nullable String origin) {
    return Map.of();
  }

  /** The {@code Cache-Control} of every answer to a request that reads. */
  default String cacheControl(RequestHead head) {
    return RawBodies.NOT_KEPT;
  }
}
