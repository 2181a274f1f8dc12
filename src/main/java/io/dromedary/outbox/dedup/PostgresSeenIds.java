package io.dromedary.outbox.dedup;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The message ids of a store that several nodes share: a table with a unique index. Belongs to one
 * thread at a time, as its connection does.
 */
public final class PostgresSeenIds {

  private static final int EXPIRED_ROWS = 2000;

  /**
   * How long the writer waits for a transaction of another node, or of a host, that has the same
   * message id. All other work waits for the writer.
   */
  private static final String MOST_LOCKED = "500ms";

  /** How long it waits when it has waited before. */
  private static final String MOST_LOCKED_AGAIN = "10ms";

  /** How long a transaction of the host waits for another one that has the same message id. */
  private static final int MOST_JOINED_SECONDS = 10;

  private static final String LOCK_TIMEOUT = "55P03";
  private static final String CANCELLED = "57014";

  private final Duration window;
  private final boolean joins;
  private boolean isPatient = true;

  /**
   * Message ids.
   *
   * @param window how long an id is remembered; nothing is de-duplicated if it is zero
   * @param joins whether transactions are a host's, whose settings are left as they are
   */
  public PostgresSeenIds(Duration window, boolean joins) {
    this.window = window;
    this.joins = joins;
  }

  /** Whether a statement has failed because another transaction has the same message id. */
  public static boolean isLocked(SQLException failure) {
    return LOCK_TIMEOUT.equals(failure.getSQLState());
  }

  /** Adds what was accepted; returns the ids that were not known. */
  public Set<Fingerprint> remember(
      Connection connection, List<Fingerprint> accepted, long nowMillis) throws SQLException {
    if (window.isZero() || accepted.isEmpty()) {
      return Set.of();
    }
    // Sorted, so that two nodes that have the same events do not wait for each other.
    Map<UUID, Fingerprint> byUuid = new TreeMap<>();
    for (Fingerprint fingerprint : accepted) {
      byUuid.put(fingerprint.toUuid(), fingerprint);
    }
    Map<UUID, Fingerprint> ordered = new LinkedHashMap<>(byUuid);
    Set<Fingerprint> added = new LinkedHashSet<>();
    Array uuids = connection.createArrayOf("uuid", ordered.keySet().toArray());
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO seen AS known (fingerprint, seen_at) SELECT unnest(?::uuid[]), ?"
                + (joins ? "" : " FROM set_config('lock_timeout', '" + mostLocked() + "', true)")
                + " ON CONFLICT (fingerprint) DO UPDATE SET seen_at = EXCLUDED.seen_at"
                + " WHERE known.seen_at <= ? RETURNING fingerprint")) {
      if (joins) {
        insert.setQueryTimeout(MOST_JOINED_SECONDS);
      }
      insert.setArray(1, uuids);
      insert.setLong(2, nowMillis);
      insert.setLong(3, nowMillis - window.toMillis());
      try (ResultSet rows = insert.executeQuery()) {
        while (rows.next()) {
          Fingerprint fingerprint = ordered.get(rows.getObject(1, UUID.class));
          if (fingerprint != null) {
            added.add(fingerprint);
          }
        }
      }
    } catch (SQLException e) {
      throw isLocked(e) || (joins && CANCELLED.equals(e.getSQLState()))
          ? new SQLException(
              "a transaction that has not ended has stored an event of the same message id",
              e.getSQLState(),
              e)
          : e;
    } finally {
      uuids.free();
    }
    return added;
  }

  /** When an id was accepted, or null if it is not known. */
  public SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT seen_at FROM seen WHERE fingerprint = ?")) {
      query.setObject(1, id.toUuid());
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? new SeenIds.Bounds(row.getLong(1), row.getLong(1)) : null;
      }
    }
  }

  private String mostLocked() {
    return isPatient ? MOST_LOCKED : MOST_LOCKED_AGAIN;
  }

  /** Sets whether a transaction may wait for others that have the same message id. */
  public void setPatient(boolean patient) {
    isPatient = patient;
  }

  /**
   * Deletes ids that are out of the window, a bounded part of them; returns whether more are left.
   */
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    try (PreparedStatement expire =
        connection.prepareStatement(
            "DELETE FROM seen WHERE fingerprint IN (SELECT fingerprint FROM seen WHERE seen_at < ?"
                + " LIMIT ? FOR UPDATE SKIP LOCKED)")) {
      expire.setLong(1, nowMillis - window.toMillis());
      expire.setInt(2, EXPIRED_ROWS);
      return expire.executeUpdate() == EXPIRED_ROWS;
    }
  }
}
