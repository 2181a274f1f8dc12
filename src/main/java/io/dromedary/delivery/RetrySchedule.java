package io.dromedary.delivery;

import io.dromedary.settings.DestinationSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Computes the time of the next attempt by exponential backoff. The jitter is applied after the
 * cap, so that waits at the cap have jitter, too. Immutable; thread-safe if the source of
 * randomness is.
 *
 * @param window the time from its acceptance in which an event is retried
 * @param initialDelay the wait after the first attempt
 * @param multiplier the factor from one wait to the next, at least 1
 * @param maxDelay the longest wait
 * @param jitter the largest part of a wait, 0 to 1, by which it is shortened at random
 * @param random returns numbers from 0 (inclusive) to 1 (exclusive)
 */
public record RetrySchedule(
    Duration window,
    Duration initialDelay,
    double multiplier,
    Duration maxDelay,
    double jitter,
    DoubleSupplier random) {

  /**
   * The longest wait after a round that sent nothing, so that events go out soon after an outage.
   */
  private static final Duration LONGEST_SKIP = Duration.ofMinutes(1);

  /** Returns the schedule of a destination. */
  public static RetrySchedule of(DestinationSettings settings) {
    return new RetrySchedule(
        settings.retryWindow(),
        settings.initialDelay(),
        settings.multiplier(),
        settings.maxDelay(),
        settings.jitter(),
        () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * The attempts at an event that no webhook accepts.
   *
   * @param first the instants of the first attempts, up to all of them
   * @param count the number of all attempts
   * @param last the instant of the last attempt
   */
  public record Plan(List<Instant> first, long count, Instant last) {}

  /**
   * Plans the attempts at an event. With jitter, attempts may be earlier than planned.
   *
   * @param most the most instants in the plan's {@code first}
   */
  public Plan plan(Instant acceptedAt, int most) {
    RetrySchedule longest =
        new RetrySchedule(window, initialDelay, multiplier, maxDelay, jitter, () -> 0);
    List<Instant> first = new ArrayList<>();
    long count = 0;
    Instant last = acceptedAt;
    for (Instant at = acceptedAt;
        at != null;
        at = longest.next((int) Math.min(count, Integer.MAX_VALUE), 0, at, acceptedAt, null)) {
      count++;
      last = at;
      if (first.size() < most) {
        first.add(at);
      }
    }
    return new Plan(first, count, last);
  }

  /** Returns the wait after so many attempts, at least 1. */
  Duration delay(int attempts) {
    double uncapped = (double) initialDelay.toMillis() * Math.pow(multiplier, attempts - 1);
    double capped = Math.min(uncapped, (double) maxDelay.toMillis());
    return Duration.ofMillis(Math.max(1, Math.round(capped * (1 - jitter * random.getAsDouble()))));
  }

  /** Returns the instant at which the window of an event closes. */
  public Instant windowEnd(Instant acceptedAt) {
    return acceptedAt.plus(window);
  }

  /**
   * Returns the instant of the next attempt, or null if the window has closed. A wait that would
   * reach beyond the window ends with it, even if the receiver asked for a longer one. So an event
   * gets its last attempt when its window closes, not one wait earlier.
   *
   * @param attempts the number of attempts so far
   * @param skipped the number of rounds since the last attempt that sent nothing
   * @param notBefore the latest instant that receivers asked to wait for, or null
   */
  @Nullable Instant next(
      int attempts, int skipped, Instant now, Instant acceptedAt, @Nullable Instant notBefore) {
    Instant end = windowEnd(acceptedAt);
    if (!now.isBefore(end)) {
      return null;
    }
    Duration delay = delay(Math.max(1, skipped == 0 ? attempts : skipped));
    if (skipped > 0 && delay.compareTo(LONGEST_SKIP) > 0) {
      delay = LONGEST_SKIP;
    }
    Instant due = now.plus(delay);
    if (notBefore != null && notBefore.isAfter(due)) {
      due = notBefore;
    }
    return due.isAfter(end) ? end : due;
  }

  /** Returns the instant of the next attempt at the pending webhooks of a delivery. */
  @Nullable Instant next(
      Delivery delivery, Instant now, Instant acceptedAt, List<Webhook> webhooks) {
    return next(
        delivery.attempts(),
        delivery.skipped(),
        now,
        acceptedAt,
        delivery.states().notBefore(now, webhooks));
  }
}
