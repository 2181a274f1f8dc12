package io.dromedary.delivery.flow;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of one webhook's flow.
 *
 * @param mostInFlight the maximum number of attempts in flight, however much the receiver can take
 * @param concurrency the operator's limit on attempts in flight, or null
 * @param ratePerSecond the operator's limit on attempts per second, or 0 for no limit
 * @param downAttempts the number of consecutive attempts without a sign of life after which a
 *     webhook is down
 * @param downAfter the minimum duration of those attempts
 * @param downEvents the minimum number of different events among those attempts
 * @param probeInterval the time from one probe of a webhook that is down to the next
 * @param downDetection whether the webhook can be down at all
 * @param maxPause the longest pause that a receiver's {@code Retry-After} may cause
 * @param timeout the timeout of one attempt
 */
public record FlowSettings(
    int mostInFlight,
    @Nullable Integer concurrency,
    double ratePerSecond,
    int downAttempts,
    Duration downAfter,
    int downEvents,
    Duration probeInterval,
    boolean downDetection,
    Duration maxPause,
    Duration timeout) {

  /** Refuses values out of range. */
  public FlowSettings {
    atLeastOne("mostInFlight", mostInFlight);
    if (concurrency != null) {
      atLeastOne("concurrency", concurrency);
    }
    if (!(ratePerSecond >= 0)) {
      throw new IllegalArgumentException(
          "ratePerSecond is " + ratePerSecond + ", expected at least 0");
    }
    atLeastOne("downAttempts", downAttempts);
    atLeastOne("downEvents", downEvents);
    if (downAfter.isNegative()) {
      throw new IllegalArgumentException("downAfter is " + downAfter + ", expected at least 0");
    }
    positive("probeInterval", probeInterval);
    positive("maxPause", maxPause);
    positive("timeout", timeout);
  }

  /**
   * The defaults: no limits by the operator; down after 20 attempts with 3 events within 10 s or
   * more.
   */
  public static FlowSettings defaults(int mostInFlight) {
    return new FlowSettings(
        mostInFlight,
        null,
        0,
        20,
        Duration.ofSeconds(10),
        3,
        Duration.ofSeconds(5),
        true,
        Duration.ofMinutes(10),
        Duration.ofSeconds(5));
  }

  /** Returns the maximum number of attempts in flight, by the operator's limit or otherwise. */
  int ceiling() {
    return concurrency == null ? mostInFlight : Math.min(concurrency, mostInFlight);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + ", expected at least 1");
    }
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " is " + value + ", expected more than 0");
    }
  }
}
