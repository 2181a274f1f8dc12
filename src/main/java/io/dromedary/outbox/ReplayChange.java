package io.dromedary.outbox;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of dead letters, which become due at a rate, and counts them as a replay. It belongs
 * to the thread that replays; the writer runs it while that thread waits.
 */
final class ReplayChange implements DeadLetters.Change {

  private final int ratePerSecond;
  private final DueSpread spread;
  private volatile @Nullable Long id;
  private volatile boolean isStored;
  private volatile boolean isStopped;

  ReplayChange(int ratePerSecond) {
    this.ratePerSecond = ratePerSecond;
    this.spread = new DueSpread(ratePerSecond);
  }

  /** The number of the replay, or null where nothing was replayed. */
  @Nullable Long id() {
    return isStored ? id : null;
  }

  /** What was done last is committed. */
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
        DeadLetters.take(
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
