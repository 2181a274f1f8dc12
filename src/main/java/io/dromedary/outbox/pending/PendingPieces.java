package io.dromedary.outbox.pending;

import io.dromedary.outbox.store.Conditions;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreReading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads the events that a filter includes, in the order of their ids, piece by piece. Not
 * thread-safe.
 */
final class PendingPieces implements AutoCloseable {

  private static final int PIECE_ROWS = 500;

  private final StoreAccess store;
  private final PendingFilter filter;
  private final Conditions conditions = new Conditions();
  private final StoreReading reading;

  private List<PendingEvent> piece = List.of();
  private long last;

  /**
   * Pieces from an id on.
   *
   * @param longest how long the store may take to read a piece
   * @param after the id behind which the first piece begins
   */
  PendingPieces(StoreAccess store, Duration longest, PendingFilter filter, long after)
      throws OutboxException {
    this.store = store;
    this.filter = filter;
    this.last = after;
    filter.event().addTo(conditions, "accepted_at");
    conditions.add("replay = ?", filter.replay());
    reading = store.read(longest, "pending events");
  }

  /** Reads the next piece; returns false where there is none. */
  boolean next() throws OutboxException {
    boolean isWritten = !store.isHeld();
    Set<Long> inMemory = isWritten ? Set.of() : store.inMemoryIds();
    String sql =
        "SELECT "
            + PendingRows.COLUMNS
            + (isWritten ? ", claim_token" : "")
            + " FROM outbox WHERE "
            + conditions
            + " AND id > ? ORDER BY id LIMIT "
            + PIECE_ROWS;
    List<PendingEvent> found = new ArrayList<>();
    long before = last;
    reading.read(
        sql,
        conditions.valuesAnd(last),
        rows -> {
          while (rows.next()) {
            last = rows.getLong(1);
            boolean isClaimed =
                isWritten
                    ? rows.getObject(PendingRows.TOKEN_COLUMN) != null
                    : inMemory.contains(last);
            PendingEvent event = PendingRows.event(rows, isClaimed);
            if (filter.includes(event)) {
              found.add(event);
            }
          }
          return found;
        });
    piece = found;
    return last > before;
  }

  /** The events of the last piece, which may be none although there are others behind them. */
  List<PendingEvent> piece() {
    return piece;
  }

  /** The id behind which the next piece begins. */
  long last() {
    return last;
  }

  @Override
  public void close() {
    reading.close();
  }
}
