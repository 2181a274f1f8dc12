package io.dromedary.outbox;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who takes the events of a destination out of the outbox. Implementations are thread-safe. */
interface ClaimListener {

  /** Takes room for new events, and returns for how many of them, from the first on, there is. */
  int reserve(List<OutboxEvent> wanted);

  /** Gives back room that was reserved for events that have not come. */
  void giveBack(List<OutboxEvent> reserved);

  /** Whether there is so much memory for events to wait in. */
  boolean mayWait(long bytes);

  /** An event waits in memory and takes no room; nothing if it does already. */
  void paused(Claim claim);

  /** Whether there is room for an event that has waited, beside those that have not. */
  default boolean mayResume() {
    return true;
  }

  /** An event that has waited, if it has, takes room again, whether there is any or not. */
  void resumed(Claim claim);

  /** Takes events that room was reserved for. */
  void take(List<Claim> claims);

  /** There are events in the store that are due. */
  void due();

  /** An event takes no place of others any more, although its settlement is not yet committed. */
  default void ended(Claim claim) {}

  /** A settlement has been committed. */
  void settled(Claim claim, Settlement settlement);

  /** The ids of the rows whose events are in memory. */
  default List<Long> ids() {
    return List.of();
  }

  /** For how long it parks events that have failed. */
  default Duration retryDelay() {
    return Duration.ZERO;
  }

  /** Why it takes nothing although there may be something, or null where it works. */
  default @Nullable String failure() {
    return null;
  }
}
