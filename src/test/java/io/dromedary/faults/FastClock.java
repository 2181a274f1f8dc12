package io.dromedary.faults;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;

/** The system's clock, which can be set forward. Thread-safe. */
final class FastClock extends Clock {

  private final Clock system = Clock.systemUTC();
  private final AtomicLong aheadMillis = new AtomicLong();

  void advance(long millis) {
    aheadMillis.addAndGet(millis);
  }

  @Override
  public Instant instant() {
    return system.instant().plusMillis(aheadMillis.get());
  }

  @Override
  public ZoneId getZone() {
    return system.getZone();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
