package io.dromedary.outbox;

import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.Upkeep;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes events due that a wrong clock has put off for too long. Owned by the store's writer thread.
 */
final class DueTimeRepair implements Upkeep.Chore {

  /** The search for wrong due times takes at most one in this many parts of the time. */
  private static final long MOST_SHARE = 200;

  private final Outbox outbox;
  private final Duration lease;
  private final Map<String, Long> nextLookNanos = new HashMap<>();
  private final long startNanos = System.nanoTime();

  /** Destinations that the transaction has repaired due times of. */
  private final List<String> repaired = new ArrayList<>();

  DueTimeRepair(Outbox outbox) {
    this.outbox = outbox;
    this.lease = outbox.settings().lease();
  }

  @Override
  public boolean run(Store store, long nowMillis) throws SQLException {
    repaired.clear();
    for (String destination : outbox.listeners().destinations()) {
      if (isLookedAt(destination) && repair(store, destination, nowMillis) > 0) {
        repaired.add(destination);
      }
    }
    return false;
  }

  private boolean isLookedAt(String destination) {
    return System.nanoTime() - nextLookNanos.getOrDefault(destination, startNanos) >= 0;
  }

  private int repair(Store store, String destination, long nowMillis) throws SQLException {
    long beganNanos = System.nanoTime();
    Duration latest = longestWait(destination).plus(lease);
    int found =
        store
            .dueRows()
            .mendDue(
                destination,
                nowMillis,
                nowMillis + latest.toMillis(),
                // Nodes that share a store do not know each other's clocks better than this.
                nowMillis + lease.toMillis());
    // The search takes long if routes have parked many events for a very long time.
    long nowNanos = System.nanoTime();
    nextLookNanos.put(destination, nowNanos + MOST_SHARE * (nowNanos - beganNanos));
    return found;
  }

  /** How far ahead events of a destination are due as a rule. */
  private Duration longestWait(String destination) {
    ClaimListener listener = outbox.listeners().get(destination);
    Duration delay = listener == null ? Duration.ZERO : listener.retryDelay();
    Duration longest = outbox.settings().longestWait();
    return longest.compareTo(delay) < 0 ? delay : longest;
  }

  @Override
  public void committed() {
    // Their consumers still wait for the old due times.
    repaired.forEach(outbox.listeners()::due);
  }
}
