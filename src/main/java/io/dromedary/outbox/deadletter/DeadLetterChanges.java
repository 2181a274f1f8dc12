package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetterRows.Order;
import io.dromedary.outbox.deadletter.DeadLetters.Place;
import io.dromedary.outbox.store.Conditions;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreAccess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Changes dead letters piece by piece, the oldest first: finds the ids of a piece beside the writer
 * of the store, and has the writer change it in one transaction.
 */
final class DeadLetterChanges {

  /** The most dead letters that are changed in one transaction. */
  private static final int PIECE_ROWS = 500;

  private final StoreAccess store;
  private final Duration readTime;

  /**
   * Changes dead letters of a store.
   *
   * @param readTime how long the store may take to read a piece
   */
  DeadLetterChanges(StoreAccess store, Duration readTime) {
    this.store = store;
    this.readTime = readTime;
  }

  /** Changes some dead letters in a transaction; returns the destination of each changed one. */
  interface Change {
    List<String> apply(Store store, long nowMillis, List<Long> ids) throws SQLException;

    /** Whether the rest is left as it is. */
    default boolean isEnded() {
      return false;
    }

    /** Whether it is applied to a piece, which may be empty. */
    default boolean isDue(List<Long> ids) {
      return !ids.isEmpty();
    }
  }

  /**
   * Changes dead letters.
   *
   * @param conditions of the rows, those of the filter among them
   * @param most how many are changed at the most
   * @param changed is told the destination of each changed dead letter, after its commit
   * @return how many were changed
   * @throws OutboxException saying how many were changed before the store failed
   */
  long change(
      EventFilter filter, Conditions conditions, long most, Change change, Consumer<String> changed)
      throws OutboxException {
    long count = 0;
    try (DeadLetterRows<Long> rows =
        new DeadLetterRows<>(
            store.read(readTime, DeadLetters.NAME),
            filter,
            conditions,
            Order.OLDEST_FIRST,
            Place.FIRST,
            "id",
            row -> row.getLong(2))) {
      boolean isMore = true;
      while (isMore && count < most && !change.isEnded()) {
        List<Long> ids = new ArrayList<>();
        isMore = rows.next((int) Math.min(PIECE_ROWS, most - count), ids::add);
        List<String> destinations = change.isDue(ids) ? change(ids, change) : List.of();
        destinations.forEach(changed);
        count += destinations.size();
      }
      return count;
    } catch (OutboxException e) {
      throw new OutboxException(e.getMessage() + " (done before: " + count + ")", e);
    }
  }

  private List<String> change(List<Long> ids, Change change) throws OutboxException {
    List<String> destinations =
        store.runAndWait((open, nowMillis) -> change.apply(open, nowMillis, ids));
    new HashSet<>(destinations).forEach(store::due);
    return destinations;
  }
}
