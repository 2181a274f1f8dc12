package io.dromedary.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock, in UTC, that stands still until a test moves it. Thread-safe. */
public final class SettableClock extends Clock {

  private Instant now;

  public SettableClock(Instant now) {
    this.now = now;
  }

  /** Moves the clock to the instant, which may lie in its past. */
  public synchronized void set(Instant instant) {
    now = instant;
  }

  /** Moves the clock by the duration; a negative one moves it back. */
  public synchronized void advance(Duration duration) {
    now = now.plus(duration);
  }

  @Override
  public synchronized Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  /** A view of this clock in another zone: it moves with this one. */
  @Override
  public Clock withZone(ZoneId zone) {
    // Not this clock itself, whose withZone() is this method.
    InstantSource source = () -> instant();
    return source.withZone(zone);
  }
}
