package io.dromedary.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When to try again: exponential, with a jitter that is applied after the cap, so that it survives
 * it. Immutable; thread-safe as far as the source of randomness is.
 *
 * @param window how long after its acceptance an event is retried
 * @param initialDelay the wait after the first attempt
 * @param multiplier by which each wait is longer than the one before, at least 1
 * @param maxDelay the longest wait
 * @param jitter the part of a wait, 0 to 1, by up to which it is shortened at random
 * @param random gives numbers from 0 (inclusive) to 1 (exclusive)
 */
public record RetrySchedule(
    Duration window,
    Duration initialDelay,
    double multiplier,
    Duration maxDelay,
    double jitter,
    DoubleSupplier random) {

  /** The wait after so many attempts, 1 at the least. */
  Duration delay(int attempts) {
    double uncapped = (double) initialDelay.toMillis() * Math.pow(multiplier, attempts - 1);
    double capped = Math.min(uncapped, (double) maxDelay.toMillis());
    return Duration.ofMillis(Math.max(1, Math.round(capped * (1 - jitter * random.getAsDouble()))));
  }

  /** The instant at which the window of an event closes. */
  Instant windowEnd(Instant acceptedAt) {
    return acceptedAt.plus(window);
  }

  /**
   * The instant of the next attempt, or null where there is none: the window has closed, or the
   * receiver wants to be left alone until after it. A wait that would reach beyond the window ends
   * with it: an event gets its last attempt when its window closes, not a wait earlier.
   *
   * @param attempts how many there have been
   * @param notBefore what the receiver asked for, or null
   */
  @Nullable Instant next(
      int attempts, Instant now, Instant acceptedAt, @Nullable Instant notBefore) {
    Instant end = windowEnd(acceptedAt);
    if (!now.isBefore(end) || (notBefore != null && notBefore.isAfter(end))) {
      return null;
    }
    Instant due = now.plus(delay(attempts));
    if (notBefore != null && notBefore.isAfter(due)) {
      due = notBefore;
    }
    return due.isAfter(end) ? end : due;
  }
}
