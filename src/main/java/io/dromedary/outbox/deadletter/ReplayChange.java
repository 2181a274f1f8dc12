package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreAccess;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns dead letters back into events that become due at a given rate, and records them as a
 * replay. Owned by the thread that replays. The writer runs it while that thread waits.
 */
final class ReplayChange implements DeadLetterChanges.Change {

  private static final Logger LOG = LoggerFactory.getLogger(ReplayChange.class);

  /** If no dead letter is found for this long, the replay's time is renewed nevertheless. */
  private static final long RENEWED_NANOS = ReplayRows.ADDING.toNanos() / 4;

  private final int ratePerSecond;
  private final DueSpread spread;
  private volatile @Nullable Long id;
  private volatile boolean isStored;
  private volatile boolean isStopped;
  private volatile long appliedNanos = System.nanoTime();

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
  public boolean isDue(List<Long> ids) {
    boolean isToBeRenewed = id() != null && System.nanoTime() - appliedNanos > RENEWED_NANOS;
    return isToBeRenewed || !ids.isEmpty();
  }

  /** Records that nothing more is put back. If the store fails, the replay's time runs out. */
  void end(StoreAccess access) {
    Long replay = id();
    if (replay == null) {
      return;
    }
    try {
      boolean unused =
          access.runAndWait(
              (store, nowMillis) -> {
                ReplayRows.added(store.connection(), replay);
                return true;
              });
    } catch (OutboxException e) {
      LOG.debug("The end of replay {} cannot be stored now: {}", replay, e.getMessage());
    }
  }

  @Override
  public List<String> apply(Store store, long nowMillis, List<Long> ids) throws SQLException {
    appliedNanos = System.nanoTime();
    Long replay = id();
    if (replay != null && !ReplayRows.goesOn(store.connection(), replay, nowMillis)) {
      isStopped = true;
      return List.of();
    }
    if (ids.isEmpty()) {
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
              store.rows().insert(letter.id(), letter.destination(), event, dueMillis);
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
