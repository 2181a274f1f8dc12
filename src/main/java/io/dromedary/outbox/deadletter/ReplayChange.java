package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns dead letters back into events that become due at a given rate, and records them as a
 * replay. Owned by the thread that replays. The writer runs it while that thread waits.
 */
final class ReplayChange implements DeadLetterChanges.Change {

  private final int ratePerSecond;
  private final DueSpread spread;
  private volatile @Nullable Long id;
  private volatile boolean isStored;
  private volatile boolean isStopped;

  ReplayChange(int ratePerSecond) {
    this.ratePerSecond = ratePerSecond;
    this.spread = new DueSpread(ratePerSecond);
  }

  /** The number of the replay, or null if nothing was replayed. */
  @Nullable Long id() {
    return isStored ? id : null;
  }

  /** Notes that the last change is committed. */
  void stored() {
    isStored = true;
  }

  @Override
  public boolean isEnded() {
    return isStopped;
  }

  @Override
  public List<String> apply(Store store, long nowMillis, List<Long> ids) throws SQLException {
    Long replay = id();
    if (replay != null && !ReplayRows.goesOn(store.connection(), replay)) {
      isStopped = true;
      return List.of();
    }
    spread.begin(nowMillis);
    List<String> destinations =
        DeadLetterStatements.take(
            store,
            ids,
            letter -> {
              long dueMillis = spread.next();
              OutboxEvent event = ReplayedLetter.event(letter, Instant.ofEpochMilli(dueMillis));
              store.insert(letter.id(), letter.destination(), event, dueMillis);
              return letter.destination();
            });
    if (destinations.isEmpty()) {
      return destinations;
    }
    store.flush();
    if (replay == null) {
      replay = ReplayRows.begin(store.connection(), nowMillis, ratePerSecond);
      id = replay;
    }
    ReplayRows.mark(store.connection(), replay, EventFilter.in(ids.stream()), destinations.size());
    return destinations;
  }
}
