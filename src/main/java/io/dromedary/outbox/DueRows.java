package io.dromedary.outbox;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a store by their due times: which may be claimed, when the next ones may, and what
 * has to be due at another time. It belongs to the thread of its store.
 */
final class DueRows {

  static final int HASTENED_ROWS = 1000;

  private final Store store;
  private final SqlDialect dialect;
  private final Statements statements;
  private final @Nullable InMemoryClaims held;

  DueRows(Store store, SqlDialect dialect, Statements statements) {
    this.store = store;
    this.dialect = dialect;
    this.statements = statements;
    this.held = dialect.held();
  }

  /** A row that has just been claimed. */
  record Row(long id, OutboxEvent event) {}

  /**
   * Claims rows of a lane that are due, the longest due first as far as a limit cuts any off: so
   * many rows, and so many bytes by {@link MemoryBudget#cost}, which the last row may exceed.
   */
  List<Row> claim(
      String destination,
      Lane lane,
      int most,
      long bytes,
      long nowMillis,
      long leaseEndMillis,
      long token)
      throws SQLException {
    List<Row> claimed = new ArrayList<>();
    if (held != null) {
      hold(held, destination, lane, most, bytes, nowMillis, claimed);
    } else {
      PreparedStatement claim = statements.prepared(dialect.claim(lane));
      claim.setLong(1, leaseEndMillis);
      claim.setLong(2, token);
      claim.setString(3, destination);
      claim.setLong(4, nowMillis);
      // No more are locked than can be claimed.
      claim.setLong(5, Math.min(most, bytes / MemoryBudget.CLAIM_BYTES + 1));
      claim.setLong(6, bytes);
      try (ResultSet rows = claim.executeQuery()) {
        while (rows.next()) {
          claimed.add(row(rows));
        }
      }
    }
    claimed.sort((one, other) -> Long.compare(one.id(), other.id()));
    return claimed;
  }

  private void hold(
      InMemoryClaims held,
      String destination,
      Lane lane,
      int most,
      long bytes,
      long nowMillis,
      List<Row> claimed)
      throws SQLException {
    // What the transaction has settled must not be found.
    store.flush();
    PreparedStatement query = statements.prepared(dialect.claim(lane));
    int read = most;
    long left = bytes;
    while (read == most && claimed.size() < most && left > 0) {
      read = 0;
      InMemoryClaims.Position position = held.position(destination, lane, nowMillis);
      query.setString(1, destination);
      query.setLong(2, position.dueMillis());
      query.setLong(3, position.id());
      query.setLong(4, nowMillis);
      query.setInt(5, most);
      try (ResultSet rows = query.executeQuery()) {
        while (claimed.size() < most && left > 0 && rows.next()) {
          read++;
          long id = rows.getLong(1);
          held.readTo(destination, lane, rows.getLong(9), id);
          if (!held.has(id)) {
            held.claim(id);
            Row row = row(rows);
            claimed.add(new Row(id, held.asNoted(id, row.event())));
            left -= MemoryBudget.cost(row.event());
          }
        }
      }
    }
  }

  private static Row row(ResultSet rows) throws SQLException {
    return new Row(
        rows.getLong(1),
        new OutboxEvent(
            rows.getString(2),
            rows.getString(3),
            Instant.ofEpochMilli(rows.getLong(4)),
            rows.getBytes(7),
            rows.getInt(5),
            rows.getString(6),
            rows.getBytes(8)));
  }

  /**
   * When the next row of a destination and lane is due that is not claimed; {@link Long#MAX_VALUE}
   * if there is none. To be asked after all were claimed that are due now.
   */
  long nextDueMillis(String destination, Lane lane, long nowMillis) throws SQLException {
    PreparedStatement query =
        statements.prepared(
            "SELECT due_at FROM outbox WHERE "
                + lane.condition()
                + " AND destination = ? AND due_at > ? ORDER BY due_at LIMIT 1");
    query.setString(1, destination);
    // Of a store that others use, too, what they have claimed and not committed is passed over.
    query.setLong(2, held == null ? Long.MIN_VALUE : nowMillis);
    long noted = held == null ? Long.MAX_VALUE : held.nextNotedMillis(nowMillis);
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? Math.min(noted, row.getLong(1)) : noted;
    }
  }

  /** In how many milliseconds the next rows are due; far ahead where there are none. */
  record NextDue(long freshMillis, long retryMillis) {

    /** As far as an instant can be added to it. */
    private static final long NEVER = Long.MAX_VALUE / 2;
  }

  /** When the next rows of destinations are due, where the store knows what is claimed. */
  Map<String, NextDue> nextDue(List<String> destinations, long nowMillis) throws SQLException {
    String next =
        "(SELECT due_at FROM outbox WHERE %s AND destination = name ORDER BY due_at LIMIT 1)";
    PreparedStatement query =
        statements.prepared(
            "SELECT name, "
                + next.formatted(Lane.FRESH.condition())
                + ", "
                + next.formatted(Lane.RETRY.condition())
                + " FROM unnest(?) AS name");
    query.setArray(1, store.connection().createArrayOf("text", destinations.toArray()));
    Map<String, NextDue> found = new HashMap<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        found.put(row.getString(1), new NextDue(wait(row, 2, nowMillis), wait(row, 3, nowMillis)));
      }
    }
    return found;
  }

  private static long wait(ResultSet row, int column, long nowMillis) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? NextDue.NEVER : millis - nowMillis;
  }

  /**
   * Makes due what is so far ahead that the clock was wrong when it was written, and returns how
   * much that was. A route may park an event for as long as it likes: then the row says that it was
   * parked before now.
   *
   * @param latestMillis what is due before is left alone
   * @param aheadMillis what was parked after that was parked by a wrong clock
   */
  int mendDue(String destination, long nowMillis, long latestMillis, long aheadMillis)
      throws SQLException {
    int mended = 0;
    for (Lane lane : Lane.values()) {
      PreparedStatement mend =
          statements.prepared(
              "UPDATE outbox SET due_at = ? WHERE "
                  + lane.condition()
                  + " AND destination = ? AND due_at > ?"
                  + " AND (parked_at IS NULL OR parked_at > ?"
                  // A claim lasts for a lease, whenever the event was parked before.
                  + (held == null ? " OR claim_token IS NOT NULL)" : ")"));
      mend.setLong(1, nowMillis);
      mend.setString(2, destination);
      mend.setLong(3, latestMillis);
      mend.setLong(4, aheadMillis);
      int found = mend.executeUpdate();
      if (held != null && found > 0) {
        held.written(destination, lane, nowMillis);
      }
      mended += found;
    }
    return mended;
  }

  /**
   * Makes events due that nobody has claimed, and returns how many: the next ones, of either lane
   * {@link #HASTENED_ROWS} at the most.
   *
   * @param parkedMillis what was parked later is left alone
   * @param untilMillis what is due later is left alone
   */
  int hasten(String destination, long nowMillis, long parkedMillis, long untilMillis)
      throws SQLException {
    int hastened = 0;
    for (Lane lane : Lane.values()) {
      PreparedStatement hasten =
          statements.prepared(
              "UPDATE outbox SET due_at = ? WHERE id IN (SELECT id FROM outbox WHERE "
                  + lane.condition()
                  + " AND destination = ? AND due_at > ? AND due_at <= ? AND parked_at <= ?"
                  + (held == null ? " AND claim_token IS NULL" : "")
                  + " ORDER BY due_at LIMIT ?"
                  + (held == null ? " FOR UPDATE SKIP LOCKED)" : ")"));
      hasten.setLong(1, nowMillis);
      hasten.setString(2, destination);
      hasten.setLong(3, nowMillis);
      hasten.setLong(4, untilMillis);
      hasten.setLong(5, parkedMillis);
      hasten.setInt(6, HASTENED_ROWS);
      int found = hasten.executeUpdate();
      if (held != null && found > 0) {
        held.written(destination, lane, nowMillis);
      }
      hastened += found;
    }
    return hastened;
  }

  /** Has a row be due that nobody has claimed, and that has been attempted so often. */
  void hasten(long id, String destination, int attempts, long dueMillis, @Nullable String progress)
      throws SQLException {
    PreparedStatement due =
        statements.prepared("UPDATE outbox SET due_at = ?, progress = ? WHERE id = ?");
    due.setLong(1, dueMillis);
    due.setString(2, progress);
    due.setLong(3, id);
    due.addBatch();
    if (held != null) {
      held.written(destination, Lane.of(attempts), dueMillis);
    }
  }
}
