package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxEvent;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives the events of a destination from the outbox, and is notified of their settlement.
 * Implementations are thread-safe.
 */
interface ClaimListener {

  /**
   * Reserves room for new events. Returns for how many of them, from the first on, there is room.
   */
  int reserve(List<OutboxEvent> wanted);

  /** Gives back room that was reserved for events which will not come. */
  void giveBack(List<OutboxEvent> reserved);

  /** Whether there is that much memory for events to wait for their next attempt. */
  boolean mayWait(long bytes);

  /** Notes that an event waits in memory and takes no room. Repeated calls have no effect. */
  void paused(Claim claim);

  /** Whether there is room for a waiting event to resume. */
  default boolean mayResume() {
    return true;
  }

  /** Notes that a waiting event takes room again, even if there is none left. */
  void resumed(Claim claim);

  /** Takes events for which room was reserved. */
  void take(List<Claim> claims);

  /** Notes that there are due events in the store. */
  void due();

  /** Notes that an event's exchange has ended, which frees its place before its commit. */
  default void ended(Claim claim) {}

  /** Notes that a settlement has been committed. */
  void settled(Claim claim, Settlement settlement);

  /** The ids of the rows whose events are in memory. */
  default List<Long> ids() {
    return List.of();
  }

  /** How long failed events are parked. */
  default Duration retryDelay() {
    return Duration.ZERO;
  }

  /** Why it takes no events although there may be some, or null if it works. */
  default @Nullable String failure() {
    return null;
  }
}
