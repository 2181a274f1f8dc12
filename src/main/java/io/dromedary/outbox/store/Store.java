package io.dromedary.outbox.store;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.SeenIds;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the store, with its transaction and the rows that it gives access to. Belongs to
 * one thread at a time. Nothing is stored before {@link #commit()}; after a failure, {@link
 * #rollback()} undoes everything, including what is in memory.
 */
public final class Store implements AutoCloseable {

  private static final int PROBE_BYTES = 64 * 1024;

  private final SqlDialect dialect;
  private final Connection connection;
  private final @Nullable InMemoryClaims held;
  private final Statements statements;
  private final EventRows rows;
  private final DueRows dueRows;
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
    this.rows = new EventRows(connection, statements, held);
    this.dueRows = new DueRows(this, dialect, statements);
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

  /** The rows by their ids. */
  public EventRows rows() {
    return rows;
  }

  /** The rows by their due times. */
  public DueRows dueRows() {
    return dueRows;
  }

  /** Sends what statements have gathered. */
  public void flush() throws SQLException {
    statements.execute();
    rows.flush();
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
    rows.insert(id, "", nothing, 0);
    flush();
    rows.delete(id);
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
    rows.clear();
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
