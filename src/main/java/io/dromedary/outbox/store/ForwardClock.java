package io.dromedary.outbox.store;

import java.time.Clock;
import java.time.Duration;

/**
 * A clock that goes on from the latest instant when the clock beneath it is set back, so that an
 * event that is due in a minute is not due in an hour and a minute. If that clock is set back by
 * more than the longest wait, this one follows it, and {@link DueRows#mendDue} mends the due times.
 * Not thread-safe.
 */
final class ForwardClock {

  private final Clock clock;
  private final Duration longestWait;
  private long latestMillis = Long.MIN_VALUE;
  private long setBackMillis;

  ForwardClock(Clock clock, Duration longestWait) {
    this.clock = clock;
    this.longestWait = longestWait;
  }

  /** Milliseconds since 1970. */
  long millis() {
    long millis = clock.millis();
    if (millis + setBackMillis < latestMillis) {
      long back = latestMillis - millis;
      setBackMillis = back < longestWait.toMillis() ? back : 0;
    }
    latestMillis = millis + setBackMillis;
    return latestMillis;
  }
}
