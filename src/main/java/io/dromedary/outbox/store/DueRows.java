package io.dromedary.outbox.store;

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
 * Claims rows of a store by their due times, finds out when the next rows are due, and changes due
 * times. Used by the thread of its store only.
 */
public final class DueRows {

  public static final int HASTENED_ROWS = 1000;

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
  public record Row(long id, OutboxEvent event) {}

  /**
   * Claims due rows of a lane. If there are more than a limit allows, those that have been due for
   * longest are claimed.
   *
   * @param most the most rows
   * @param bytes the most memory by {@link MemoryCost#of}; the last row may exceed it
   */
  public List<Row> claim(
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
      // Not more rows are locked than can be claimed.
      claim.setLong(5, Math.min(most, bytes / MemoryCost.CLAIM_BYTES + 1));
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
    // Writes pending deletes first: rows that the transaction has settled must not be found.
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
            left -= MemoryCost.of(row.event());
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
   * Returns when the next unclaimed row of a destination and lane is due, or {@link Long#MAX_VALUE}
   * if there is none. Must be called after all rows that are due now have been claimed.
   */
  public long nextDueMillis(String destination, Lane lane, long nowMillis) throws SQLException {
    PreparedStatement query =
        statements.prepared(
            "SELECT due_at FROM outbox WHERE "
                + lane.condition()
                + " AND destination = ? AND due_at > ? ORDER BY due_at LIMIT 1");
    query.setString(1, destination);
    // In a shared store, due rows count as well: the claim has skipped those that another node has
    // locked, and that node may not commit.
    query.setLong(2, held == null ? Long.MIN_VALUE : nowMillis);
    long noted = held == null ? Long.MAX_VALUE : held.nextNotedMillis(nowMillis);
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? Math.min(noted, row.getLong(1)) : noted;
    }
  }

  /** The milliseconds until the next rows are due; a very long time if there are none. */
  public record NextDue(long freshMillis, long retryMillis) {

    /** Small enough that an instant can be added to it. */
    private static final long NEVER = Long.MAX_VALUE / 2;
  }

  /** When the next rows of destinations are due, where the store knows what is claimed. */
  public Map<String, NextDue> nextDue(List<String> destinations, long nowMillis)
      throws SQLException {
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
   * Makes rows due whose due time is so far ahead that the clock must have been wrong when it was
   * written. Returns the number of rows. A route may park an event for any time; such a row has the
   * instant at which it was parked, which lies in the past.
   *
   * @param latestMillis the latest due time that is plausible
   * @param aheadMillis the latest plausible instant of parking; later ones come from a wrong clock
   */
  public int mendDue(String destination, long nowMillis, long latestMillis, long aheadMillis)
      throws SQLException {
    int mended = 0;
    for (Lane lane : Lane.values()) {
      PreparedStatement mend =
          statements.prepared(
              "UPDATE outbox SET due_at = ? WHERE "
                  + lane.condition()
                  + " AND destination = ? AND due_at > ?"
                  + " AND (parked_at IS NULL OR parked_at > ?"
                  // A claim lasts for a lease, no matter when the event was parked.
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
   * Makes the next unclaimed rows due now, at most {@link #HASTENED_ROWS} of each lane. Returns the
   * number of rows.
   *
   * @param parkedMillis rows that were parked later are not changed
   * @param untilMillis rows that are due later are not changed
   */
  public int hasten(String destination, long nowMillis, long parkedMillis, long untilMillis)
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
  public void hasten(
      long id, String destination, int attempts, long dueMillis, @Nullable String progress)
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
