package io.dromedary.outbox.pending;

import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads, changes and deletes the rows of pending events. Changes are made in the transaction of a
 * store, on the thread of its writer.
 */
public final class PendingRows {

  /** The columns of an event, in the order in which they are read. */
  static final String COLUMNS =
      "id, destination, message_id, type, accepted_at, due_at, attempts, progress, body, trace";

  /** The column behind them, which has the token of the claim where rows say who claimed them. */
  static final int TOKEN_COLUMN = 11;

  private PendingRows() {}

  /** Changes some events in a transaction, and returns those that it has changed. */
  public interface Change {
    List<PendingEvent> apply(Store store, long nowMillis, List<PendingEvent> events)
        throws SQLException;
  }

  /**
   * The result of a transaction.
   *
   * @param events that were changed
   * @param inMemory how many events a process has in memory
   */
  public record Done(List<PendingEvent> events, long inMemory) {}

  /** Changes the events that are still there and that nobody has claimed. */
  static Done change(Store store, long nowMillis, List<PendingEvent> events, Change change)
      throws SQLException {
    List<PendingEvent> free = new ArrayList<>();
    long inMemory = 0;
    String where = " FROM outbox WHERE " + EventFilter.in(events.stream().map(PendingEvent::id));
    try (Statement query = store.connection().createStatement();
        ResultSet rows =
            query.executeQuery(
                store.rows().isHeld() ? "SELECT " + COLUMNS + where : freeAndClaimed(where))) {
      while (rows.next()) {
        if (isClaimed(store, rows, TOKEN_COLUMN)) {
          inMemory++;
        } else {
          free.add(event(rows, false));
        }
      }
    }
    return new Done(free.isEmpty() ? free : change.apply(store, nowMillis, free), inMemory);
  }

  /** Locks the rows that nobody has claimed. A claimed one is its node's, and only counted. */
  private static String freeAndClaimed(String where) {
    return "WITH free AS (SELECT "
        + COLUMNS
        + ", claim_token"
        + where
        + " AND claim_token IS NULL FOR UPDATE SKIP LOCKED) SELECT * FROM free UNION ALL SELECT id,"
        + " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, claim_token"
        + where
        + " AND claim_token IS NOT NULL";
  }

  /**
   * Returns whether a process has an event in memory.
   *
   * @param tokenColumn the column with the token of the claim, where the rows have one
   */
  private static boolean isClaimed(Store store, ResultSet row, int tokenColumn)
      throws SQLException {
    return store.rows().isHeld()
        ? store.rows().isHeld(row.getLong(1))
        : row.getObject(tokenColumn) != null;
  }

  /**
   * Deletes rows, claimed ones too.
   *
   * @param outcome is noted for the replay that an event comes from; null notes nothing
   */
  public static Done delete(Store store, List<PendingEvent> events, @Nullable String outcome)
      throws SQLException {
    Map<Long, PendingEvent> byId = new HashMap<>();
    events.forEach(each -> byId.put(each.id(), each));
    List<PendingEvent> deleted = new ArrayList<>();
    long inMemory = 0;
    String ids = EventFilter.in(events.stream().map(PendingEvent::id));
    if (outcome != null) {
      ReplayRows.end(store.connection(), ids, outcome);
    }
    String sql =
        "DELETE FROM outbox WHERE "
            + ids
            + " RETURNING id"
            + (store.rows().isHeld() ? "" : ", claim_token");
    try (Statement delete = store.connection().createStatement();
        ResultSet rows = delete.executeQuery(sql)) {
      while (rows.next()) {
        deleted.add(Objects.requireNonNull(byId.get(rows.getLong(1))));
        inMemory += isClaimed(store, rows, 2) ? 1 : 0;
        store.rows().deleted(rows.getLong(1));
      }
    }
    return new Done(deleted, inMemory);
  }

  /** The event of a row with {@link #COLUMNS}. */
  static PendingEvent event(ResultSet row, boolean isClaimed) throws SQLException {
    return new PendingEvent(
        row.getLong(1),
        row.getString(2),
        new OutboxEvent(
            row.getString(3),
            row.getString(4),
            Instant.ofEpochMilli(row.getLong(5)),
            row.getBytes(9),
            row.getInt(7),
            row.getString(8),
            row.getBytes(10)),
        Instant.ofEpochMilli(row.getLong(6)),
        isClaimed);
  }
}
