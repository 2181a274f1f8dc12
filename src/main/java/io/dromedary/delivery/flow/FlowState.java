package io.dromedary.delivery.flow;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A webhook's present state, for logs, metrics and health.
 *
 * @param kind the state
 * @param lasting how long the webhook has been in that state
 * @param untilNext the time until the next attempt is allowed; null if it does not depend on time
 * @param reason the last failure in words; empty if there was none
 * @param limit how many attempts may be in flight
 * @param ratePerSecond the limit on attempts per second; infinity if there is none
 */
public record FlowState(
    Kind kind,
    Duration lasting,
    @Nullable Duration untilNext,
    String reason,
    int limit,
    double ratePerSecond) {

  /** The state of a webhook. */
  public enum Kind {
    /** It accepts what is sent. */
    UP,
    /** Its rate is limited, because it refused more or has just recovered. */
    LIMITED,
    /** It accepts nothing and has asked for a pause by {@code Retry-After}. */
    PAUSED,
    /** It has shown no sign of life for a while. */
    DOWN;

    /** The state as operators read it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
