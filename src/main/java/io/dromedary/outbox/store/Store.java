package io.dromedary.outbox.store;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.SeenIds;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows of events that are not done, on one connection. Belongs to one thread at a time. Nothing
 * is stored before {@link #commit()}; after a failure, {@link #rollback()} undoes everything,
 * including what is in memory.
 */
public final class Store implements AutoCloseable {

  private static final int PROBE_BYTES = 64 * 1024;

  private final SqlDialect dialect;
  private final Connection connection;
  private final @Nullable InMemoryClaims held;
  private final String insertSql;
  private final String parkSql;

  private final Statements statements;
  private final DueRows dueRows;
  private final List<Long> deleted = new ArrayList<>();
  private long commits;

  /**
   * Opens a connection and brings the schema to the version that is needed.
   *
   * @throws IllegalStateException if the schema is of a later version
   */
  Store(SqlDialect dialect) throws SQLException {
    this(dialect, dialect.connect());
    try {
      Schema.migrate(dialect, connection);
      dialect.connected(connection);
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Uses a connection to a store that has the schema; its transaction may be a host's. */
  public Store(SqlDialect dialect, Connection connection) {
    this.dialect = dialect;
    this.connection = connection;
    this.held = dialect.held();
    this.statements = new Statements(connection);
    this.dueRows = new DueRows(this, dialect, statements);
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

  public long nowMillis() throws SQLException {
    return dialect.nowMillis(connection);
  }

  public long takeId() throws SQLException {
    return dialect.takeId(connection);
  }

  public Set<Fingerprint> remember(List<Fingerprint> accepted, long nowMillis) throws SQLException {
    return dialect.remember(connection, accepted, nowMillis);
  }

  /** Admits new events of that many bytes; throws if they have to be refused. */
  public void admit(long bytes) throws SQLException {
    dialect.admit(connection, bytes);
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
    PreparedStatement insert = prepared(insertSql);
    insert.setLong(1, id);
    insert.setString(2, destination);
    insert.setString(3, text(event.messageId()));
    insert.setString(4, text(event.type()));
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
    PreparedStatement delete = prepared("DELETE FROM outbox WHERE id = ?");
    delete.setLong(1, id);
    delete.addBatch();
    held.release(id);
  }

  /** Gives a claimed row back, unless another node has claimed it since. */
  public void park(
      ClaimedRow claim, long nowMillis, long dueMillis, int attempts, @Nullable String progress)
      throws SQLException {
    PreparedStatement park = prepared(parkSql);
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
        prepared(
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

  /** The rows by their due times. */
  public DueRows dueRows() {
    return dueRows;
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

  /** Sends the rows that the statements above have gathered. */
  public void flush() throws SQLException {
    statements.execute();
    if (!deleted.isEmpty()) {
      // One statement, where the database is not in this process.
      PreparedStatement delete = prepared("DELETE FROM outbox WHERE id = ANY (?)");
      delete.setArray(1, connection.createArrayOf("bigint", deleted.toArray()));
      delete.executeUpdate();
      deleted.clear();
    }
    dialect.flush(connection);
  }

  /** Tidies up what the database keeps beside rows; returns whether more is left. */
  boolean tidy(long nowMillis) throws SQLException {
    return dialect.tidy(connection, nowMillis);
  }

  /**
   * Writes a row and deletes it, so that a commit shows whether writing works. The row is longer
   * than an event may be: if only a small one fitted, the next event would fail again.
   */
  void probe() throws SQLException {
    dialect.makeRoom(connection);
    long id = takeId();
    OutboxEvent nothing = new OutboxEvent("", "", Instant.EPOCH, new byte[PROBE_BYTES]);
    insert(id, "", nothing, 0);
    flush();
    delete(id);
  }

  /** The connection, for operations that have statements of their own. */
  public Connection connection() {
    return connection;
  }

  /**
   * A statement of this connection, which is kept. What it gathers is sent by {@link #flush}, so
   * one that has gathered rows must not be executed by itself.
   */
  public PreparedStatement prepared(String sql) throws SQLException {
    return statements.prepared(sql);
  }

  /** Commits the transaction; {@link #committed} has to follow. */
  public void commit() throws SQLException {
    dialect.check();
    connection.commit();
    commits++;
  }

  /** How many transactions have been committed, even if an error was thrown after the commit. */
  long commits() {
    return commits;
  }

  /** Notes in memory that a transaction is committed. */
  void committed() {
    if (held != null) {
      held.committed();
    }
  }

  /** Rolls the transaction back; throws if the connection is unusable. */
  void rollback() throws SQLException {
    if (held != null) {
      held.rolledBack();
    }
    statements.clear();
    deleted.clear();
    dialect.rollback(connection);
  }

  @Override
  public void close() {
    if (held != null) {
      // A transaction may be open.
      held.rolledBack();
    }
    dialect.disconnect(connection);
  }

  /** When an id was accepted, or null if it is not known. */
  public SeenIds.@Nullable Bounds seen(Fingerprint id) throws SQLException {
    return dialect.seen(connection, id);
  }

  /** Replaces the one character that PostgreSQL does not store. */
  public static String text(String value) {
    return value.indexOf('\0') < 0 ? value : value.replace('\0', '\uFFFD');
  }
}
