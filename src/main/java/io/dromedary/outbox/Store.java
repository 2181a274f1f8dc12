package io.dromedary.outbox;

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
 * The statements of the outbox, on one connection. It belongs to one thread at a time. Nothing is
 * done until {@link #commit()}; after a failure {@link #rollback()} makes it as if nothing had
 * been.
 */
final class Store implements AutoCloseable {

  private static final int EXPIRED_ROWS = 2000;
  private static final int PROBE_BYTES = 64 * 1024;

  private static final String INSERT_DEAD =
      "INSERT INTO dead_letter (id, destination, message_id, type, accepted_at, attempts, reason,"
          + " detail, last_status, first_attempt_at, last_attempt_at, dead_at, webhooks, body,"
          + " trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

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

  /** On a connection to a store that has the schema, and whose transaction may be anybody's. */
  Store(SqlDialect dialect, Connection connection) {
    this.dialect = dialect;
    this.connection = connection;
    this.held = dialect.held();
    this.statements = new Statements(connection);
    this.dueRows = new DueRows(this, dialect, statements);
    // Where claims are held in memory, no row says anything of them.
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

  long nowMillis() throws SQLException {
    return dialect.nowMillis(connection);
  }

  long takeId() throws SQLException {
    return dialect.takeId(connection);
  }

  Set<Fingerprint> remember(List<Fingerprint> accepted, long nowMillis) throws SQLException {
    return dialect.remember(connection, accepted, nowMillis);
  }

  /** New events of so many bytes come next; throws if they are to be refused. */
  void admit(long bytes) throws SQLException {
    dialect.admit(connection, bytes);
  }

  /** A new row that anybody may claim once it is due. */
  void insert(long id, String destination, OutboxEvent event, long dueMillis) throws SQLException {
    insert(id, destination, event, dueMillis, null);
    if (held != null) {
      held.written(destination, Lane.of(event.attempts()), dueMillis);
    }
  }

  /** A new row that its writer has claimed until the end of the lease. */
  void insertClaimed(
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

  void insertDead(long id, DeadLetter letter) throws SQLException {
    PreparedStatement insert = prepared(INSERT_DEAD);
    OutboxEvent event = letter.event();
    insert.setLong(1, id);
    insert.setString(2, letter.destination());
    insert.setString(3, text(event.messageId()));
    insert.setString(4, text(event.type()));
    insert.setLong(5, event.acceptedAt().toEpochMilli());
    insert.setInt(6, event.attempts());
    insert.setString(7, letter.reason().json());
    insert.setString(8, text(letter.detail()));
    insert.setObject(9, letter.lastStatus(), Types.INTEGER);
    insert.setObject(10, millis(letter.firstAttemptAt()), Types.BIGINT);
    insert.setObject(11, millis(letter.lastAttemptAt()), Types.BIGINT);
    insert.setLong(12, letter.deadAt().toEpochMilli());
    insert.setString(13, letter.webhooks());
    insert.setBytes(14, event.body());
    insert.setBytes(15, event.trace());
    insert.addBatch();
  }

  /** Deletes a row, whoever holds it. */
  void delete(long id) throws SQLException {
    if (held == null) {
      deleted.add(id);
      return;
    }
    PreparedStatement delete = prepared("DELETE FROM outbox WHERE id = ?");
    delete.setLong(1, id);
    delete.addBatch();
    held.release(id);
  }

  /** Gives a claim back, if the row is still that claim's. */
  void park(Claim claim, long nowMillis, long dueMillis, int attempts, @Nullable String progress)
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
   * Gives a claim back without writing, because there is no room for it. What is noted in memory is
   * forgotten in a crash: then the row is as it was before. Returns false where that cannot be
   * done.
   */
  boolean parkInMemory(Claim claim, long dueMillis, int attempts, @Nullable String progress) {
    return held != null
        && held.note(claim.id(), new InMemoryClaims.Noted(dueMillis, attempts, progress));
  }

  /** Makes a dead letter of a row if it is still that claim's, and says whether it was. */
  boolean giveUp(Claim claim, DeadLetter letter) throws SQLException {
    boolean isWritten = held == null;
    // Another text than that of delete(), whose statement may have gathered rows.
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
    try (ResultSet deletedRow = delete.executeQuery()) {
      if (!deletedRow.next()) {
        // An operator has deleted it meanwhile.
        return false;
      }
      insertDead(claim.id(), letter);
      long replay = deletedRow.getLong(1);
      if (!deletedRow.wasNull()) {
        PreparedStatement end = prepared(ReplayRows.INSERT_END);
        end.setLong(1, replay);
        end.setLong(2, claim.id());
        end.setString(3, ReplayRows.outcome(letter));
        end.addBatch();
      }
      return true;
    }
  }

  /** The rows by their due times. */
  DueRows dueRows() {
    return dueRows;
  }

  /** Whether this process knows in memory what is claimed; otherwise the rows say it. */
  boolean isHeld() {
    return held != null;
  }

  /** Whether this process has claimed a row, where no row says so. */
  boolean isHeld(long id) {
    return held != null && held.has(id);
  }

  /** A row has been deleted by a statement that is not one of those here. */
  void deleted(long id) {
    if (held != null) {
      held.release(id);
    }
  }

  /** Sends what has been gathered of the statements above. */
  void flush() throws SQLException {
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

  /** Deletes what is kept too long, a bounded part of it, and says whether more is left. */
  boolean tidy(long nowMillis, long retentionMillis) throws SQLException {
    PreparedStatement expire =
        prepared(
            "DELETE FROM dead_letter WHERE id IN"
                + " (SELECT id FROM dead_letter WHERE dead_at < ? ORDER BY dead_at LIMIT ?)");
    expire.setLong(1, nowMillis - retentionMillis);
    expire.setInt(2, EXPIRED_ROWS);
    boolean more = expire.executeUpdate() == EXPIRED_ROWS;
    boolean moreReplays = ReplayRows.tidy(connection, nowMillis - retentionMillis);
    return dialect.tidy(connection, nowMillis) || more || moreReplays;
  }

  /**
   * Writes a row and takes it away again, so that a commit shows whether writing works. The row is
   * longer than an event may be: where a small one would just fit, the next event would fail again.
   */
  void probe() throws SQLException {
    dialect.makeRoom(connection);
    long id = takeId();
    OutboxEvent nothing = new OutboxEvent("", "", Instant.EPOCH, new byte[PROBE_BYTES]);
    insert(id, "", nothing, 0);
    flush();
    delete(id);
  }

  /** For work that has statements of its own. */
  Connection connection() {
    return connection;
  }

  private PreparedStatement prepared(String sql) throws SQLException {
    return statements.prepared(sql);
  }

  /** What has been done is on disk from now on; {@link #committed} has to follow. */
  void commit() throws SQLException {
    dialect.check();
    connection.commit();
    commits++;
  }

  /** How many commits there were: one that has been made is one, whatever is thrown behind it. */
  long commits() {
    return commits;
  }

  /** Notes in memory that a transaction is committed. */
  void committed() {
    if (held != null) {
      held.committed();
    }
  }

  /** Throws if the connection is of no use any more. */
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
      // If a transaction has been left open.
      held.rolledBack();
    }
    dialect.disconnect(connection);
  }

  /** When something was accepted, or null where that is not known. */
  SeenIds.@Nullable Bounds seen(Fingerprint id) throws SQLException {
    return dialect.seen(connection, id);
  }

  /** PostgreSQL takes any character but one. */
  static String text(String value) {
    return value.indexOf('\0') < 0 ? value : value.replace('\0', '\uFFFD');
  }

  private static @Nullable Long millis(@Nullable Instant instant) {
    return instant == null ? null : instant.toEpochMilli();
  }
}
