package io.dromedary.delivery.flow;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of one webhook's flow.
 *
 * @param mostInFlight attempts that may be in flight whatever the receiver can take
 * @param concurrency attempts in flight that the operator allows, or null
 * @param ratePerSecond attempts a second that the operator allows, or 0 for any number
 * @param downAttempts attempts in a row without a sign of life that make a webhook down
 * @param downAfter how long there must have been none, too
 * @param downEvents how many different events must have been tried in that time
 * @param probeInterval from one probe of a webhook that is down to the next
 * @param downDetection whether a webhook is ever taken to be down
 * @param maxPause how long a receiver's {@code Retry-After} may pause the webhook
 * @param timeout of one attempt
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

  /** Refuses numbers that mean nothing. */
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

  /** The defaults: nothing from the operator, down after 20 attempts of 3 events in 10 s. */
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

  /** Attempts in flight at most, by the operator or otherwise. */
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
