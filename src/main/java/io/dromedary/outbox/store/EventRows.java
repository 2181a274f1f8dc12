package io.dromedary.outbox.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of events that are not done, by their ids, and the claims of these rows. Belongs to the
 * thread of its store, in whose transaction all changes are.
 */
public final class EventRows {

  private final Connection connection;
  private final Statements statements;
  private final @Nullable InMemoryClaims held;
  private final String insertSql;
  private final String parkSql;
  private final List<Long> deleted = new ArrayList<>();

  /**
   * The rows of a store.
   *
   * @param held the claims, where they are in memory; null if the rows have them
   */
  EventRows(Connection connection, Statements statements, @Nullable InMemoryClaims held) {
    this.connection = connection;
    this.statements = statements;
    this.held = held;
    // Where claims are in memory, rows have none.
    boolean isWritten = held == null;
    this.insertSql =
        "INSERT INTO outbox (id, destination, message_id, type, accepted_at, due_at, attempts,"
            + " progress, body, trace"
            + (isWritten
                ? ", claim_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                : ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.parkSql =
        "UPDATE outbox SET due_at = ?, parked_at = ?, attempts = ?, progress = ?"
            + (isWritten
                ? ", claim_token = NULL WHERE id = ? AND claim_token = ?"
                : " WHERE id = ?");
  }

  /** Adds a row that any node may claim once it is due. */
  public void insert(long id, String destination, OutboxEvent event, long dueMillis)
      throws SQLException {
    insert(id, destination, event, dueMillis, null);
    if (held != null) {
      held.written(destination, Lane.of(event.attempts()), dueMillis);
    }
  }

  /** Adds a row that this node has claimed until the end of the lease. */
  public void insertClaimed(
      long id,
      String destination,
      OutboxEvent event,
      long nowMillis,
      long leaseEndMillis,
      long token)
      throws SQLException {
    if (held == null) {
      insert(id, destination, event, leaseEndMillis, token);
    } else {
      held.claim(id);
      insert(id, destination, event, nowMillis, null);
    }
  }

  private void insert(
      long id, String destination, OutboxEvent event, long dueMillis, @Nullable Long token)
      throws SQLException {
    PreparedStatement insert = statements.prepared(insertSql);
    insert.setLong(1, id);
    insert.setString(2, destination);
    insert.setString(3, Store.text(event.messageId()));
    insert.setString(4, Store.text(event.type()));
    insert.setLong(5, event.acceptedAt().toEpochMilli());
    insert.setLong(6, dueMillis);
    insert.setInt(7, event.attempts());
    insert.setString(8, event.progress());
    insert.setBytes(9, event.body());
    insert.setBytes(10, event.trace());
    if (held == null) {
      insert.setObject(11, token, Types.BIGINT);
    }
    insert.addBatch();
  }

  /** Deletes a row, even if another node has claimed it. */
  public void delete(long id) throws SQLException {
    if (held == null) {
      deleted.add(id);
      return;
    }
    PreparedStatement delete = statements.prepared("DELETE FROM outbox WHERE id = ?");
    delete.setLong(1, id);
    delete.addBatch();
    held.release(id);
  }

  /** Gives a claimed row back, unless another node has claimed it since. */
  public void park(
      ClaimedRow claim, long nowMillis, long dueMillis, int attempts, @Nullable String progress)
      throws SQLException {
    PreparedStatement park = statements.prepared(parkSql);
    park.setLong(1, dueMillis);
    park.setLong(2, nowMillis);
    park.setInt(3, attempts);
    park.setString(4, progress);
    park.setLong(5, claim.id());
    if (held == null) {
      park.setLong(6, claim.token());
    } else {
      held.written(claim.destination(), Lane.of(attempts), dueMillis);
      held.release(claim.id());
    }
    park.addBatch();
  }

  /**
   * Gives a claim back without writing, because there is no room for it. The wait is kept in memory
   * only, so after a crash the row is as it was before.
   *
   * @return false if memory cannot keep it either
   */
  public boolean parkInMemory(long id, long dueMillis, int attempts, @Nullable String progress) {
    return held != null && held.note(id, new InMemoryClaims.Noted(dueMillis, attempts, progress));
  }

  /**
   * A row that has been deleted.
   *
   * @param replay the number of the replay that the event came from, or null
   */
  public record Deleted(@Nullable Long replay) {}

  /** Deletes a claimed row; returns null if it is gone, or another node has claimed it since. */
  public @Nullable Deleted deleteClaimed(ClaimedRow claim) throws SQLException {
    boolean isWritten = held == null;
    // Its text differs from that of delete(), whose statement may have gathered rows.
    PreparedStatement delete =
        statements.prepared(
            "DELETE FROM outbox WHERE id = ?"
                + (isWritten ? " AND claim_token = ?" : "")
                + " RETURNING replay");
    delete.setLong(1, claim.id());
    if (held == null) {
      delete.setLong(2, claim.token());
    } else {
      held.release(claim.id());
    }
    try (ResultSet row = delete.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      long replay = row.getLong(1);
      return new Deleted(row.wasNull() ? null : replay);
    }
  }

  /** Whether this process knows in memory what is claimed; otherwise the rows say it. */
  public boolean isHeld() {
    return held != null;
  }

  /** Whether this process has claimed a row, where no row says so. */
  public boolean isHeld(long id) {
    return held != null && held.has(id);
  }

  /** Notes that a row was deleted by a statement of the caller's own. */
  public void deleted(long id) {
    if (held != null) {
      held.release(id);
    }
  }

  /** Sends the deletions that have been gathered. */
  void flush() throws SQLException {
    if (!deleted.isEmpty()) {
      // One statement, where the database is not in this process.
      PreparedStatement delete = statements.prepared("DELETE FROM outbox WHERE id = ANY (?)");
      delete.setArray(1, connection.createArrayOf("bigint", deleted.toArray()));
      delete.executeUpdate();
      deleted.clear();
    }
  }

  /** Forgets the deletions that have been gathered. */
  void clear() {
    deleted.clear();
  }
}
