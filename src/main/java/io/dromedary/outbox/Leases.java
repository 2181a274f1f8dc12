package io.dromedary.outbox;

import io.dromedary.outbox.store.InMemoryClaims;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long claims last: for a lease in a store that several nodes share, and as long as the process
 * where claims are in memory only. Thread-safe.
 */
final class Leases {

  /** Longer than any process runs, and short enough to be added to an instant. */
  private static final long FOREVER_NANOS = TimeUnit.DAYS.toNanos(36_500);

  private final @Nullable InMemoryClaims held;
  private final Duration lease;
  private final Clock clock;

  /**
   * The leases of a store.
   *
   * @param held the claims of the store, or null if its rows have them
   */
  Leases(@Nullable InMemoryClaims held, Duration lease, Clock clock) {
    this.held = held;
    this.lease = lease;
    this.clock = clock;
  }

  /** The lease in milliseconds. */
  long millis() {
    return lease.toMillis();
  }

  /** The {@link System#nanoTime} at which a claim of now ends. */
  long endNanos() {
    return System.nanoTime() + (held == null ? lease.toNanos() : FOREVER_NANOS);
  }

  /** Lets a claim that cannot be settled end with its lease, even where claims have none. */
  void leave(Claim claim) {
    if (held != null) {
      OutboxEvent event = claim.event();
      long endMillis = clock.millis() + millis();
      held.leave(
          claim.id(), new InMemoryClaims.Noted(endMillis, event.attempts(), event.progress()));
    }
  }
}
