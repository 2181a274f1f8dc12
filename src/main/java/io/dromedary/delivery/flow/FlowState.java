package io.dromedary.delivery.flow;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a webhook is like at present, for logs, metrics and health.
 *
 * @param kind the state
 * @param lasting how long it has been in that state
 * @param untilNext how long until it is sent to again; null where that does not depend on time
 * @param reason the last failure in words; empty if there was none
 * @param limit how many attempts may be in flight
 * @param ratePerSecond attempts a second that are sent at most; infinity where nothing paces them
 */
public record FlowState(
    Kind kind,
    Duration lasting,
    @Nullable Duration untilNext,
    String reason,
    int limit,
    double ratePerSecond) {

  /** What a webhook is like. */
  public enum Kind {
    /** It takes what it is sent. */
    UP,
    /** It is sent less than there might be, because it refuses more or was down until now. */
    LIMITED,
    /** It asked to be left alone, and accepts nothing. */
    PAUSED,
    /** Nothing has shown for a while that it lives. */
    DOWN
  }
}
