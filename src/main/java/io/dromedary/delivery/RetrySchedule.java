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

  /** How long events wait at the most that cannot be sent, after the webhook is back. */
  private static final Duration LONGEST_SKIP = Duration.ofMinutes(1);

  /** The schedule of a destination. */
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
   * @param first the instants of the first ones, which include the last one if they are all
   * @param count how many there are
   */
  public record Plan(List<Instant> first, long count, Instant last) {}

  /**
   * Plans the attempts at an event. With a jitter each is at the latest then.
   *
   * @param most so many of the first instants are told
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
   * The instant of the next attempt, or null where there is none, since the window has closed. A
   * wait that would reach beyond the window ends with it, also where the receiver asked for it: an
   * event gets its last attempt when its window closes, not a wait earlier.
   *
   * @param attempts how many there have been
   * @param skipped how many rounds since the last attempt have sent nothing
   * @param notBefore what receivers asked for, or null
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

  /** The instant of the next attempt at what is pending of a delivery. */
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
