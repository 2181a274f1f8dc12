package io.dromedary.outbox.store;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.PostgresSeenIds;
import io.dromedary.outbox.dedup.SeenIds;
import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The store that several nodes share. The database's clock decides for all of them. */
public final class PostgresDialect implements SqlDialect {

  /** The increment of the schema's sequence: each of its values is a block of ids. */
  private static final int BLOCK_IDS = 1000;

  /** How long this node's clock stands in for the database's. */
  private static final long CLOCK_NANOS = Duration.ofSeconds(10).toNanos();

  /**
   * The database cancels a statement before this node gives up on it: a statement that went on
   * would hold its locks, and every later one would wait for them. The same holds for a transaction
   * whose node is gone.
   *
   * <p>Plans are cached, and may be made while the tables are empty. Such a plan would scan the
   * whole table for each row a minute later, so sequential scans are off.
   *
   * <p>Commits are synchronous: an acknowledged event must outlive the database's machine.
   */
  private static final String SESSION =
      """
      SET statement_timeout = '4s';
      SET idle_in_transaction_session_timeout = '10s';
      SET enable_seqscan = off;
      SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') = 'off'""";

  private final OutboxSettings settings;
  private final PostgresSeenIds seen;
  private long nextId;
  private int idsLeft;
  private long clockMillis;
  private long clockAskedNanos;
  private boolean clockIsKnown;

  public PostgresDialect(OutboxSettings settings) {
    this(settings, false);
  }

  /**
   * A dialect.
   *
   * @param joins whether transactions are a host's, whose settings are left as they are
   */
  public PostgresDialect(OutboxSettings settings, boolean joins) {
    this.settings = settings;
    this.seen = new PostgresSeenIds(settings.dedupWindow(), joins);
  }

  @Override
  public String name() {
    return "postgresql";
  }

  @Override
  public Connection connect() throws SQLException {
    Properties properties = new Properties();
    if (settings.user() != null) {
      properties.setProperty("user", settings.user());
    }
    if (settings.password() != null) {
      properties.setProperty("password", settings.password());
    }
    // The URL takes precedence.
    PostgresUrl url = PostgresUrl.of(settings.url());
    properties.putAll(url.credentials());
    // Without time-outs, a database that is gone would block the writer. Senders wait for the
    // writer, so they are shorter than a sender's own.
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("socketTimeout", "5");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("reWriteBatchedInserts", "true");
    properties.setProperty("ApplicationName", "dromedary");
    Connection connection = DriverManager.getConnection(url.jdbc(), properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute(SESSION);
      connection.setAutoCommit(false);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  @Override
  public int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Nodes that start at once make the schema once: the transaction holds the lock.
      statement.execute("SELECT pg_advisory_xact_lock(4208537)");
      statement.execute("CREATE TABLE IF NOT EXISTS dromedary_schema (version INTEGER NOT NULL)");
      try (ResultSet row =
          statement.executeQuery("SELECT coalesce(max(version), 0) FROM dromedary_schema")) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  @Override
  public void setVersion(Connection connection, int version) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO dromedary_schema (version) VALUES (?)")) {
      insert.setInt(1, version);
      insert.executeUpdate();
    }
  }

  @Override
  public void connected(Connection connection) {
    clockIsKnown = false;
  }

  @Override
  public Fault fault(SQLException failure) {
    String state = failure.getSQLState();
    if (state == null || state.length() != 5) {
      return Fault.CONNECTION;
    }
    if (PostgresSeenIds.isLocked(failure)) {
      // Only this work waits for a message id; other work need not.
      return Fault.LATER;
    }
    return switch (state.substring(0, 2)) {
      // Data, constraints, statements, limits.
      case "0A", "21", "22", "23", "42", "54" -> Fault.WORK;
      // Deadlocks; a full disk, among others.
      case "40", "53" -> Fault.STORE;
      default -> Fault.CONNECTION;
    };
  }

  @Override
  public long nowMillis(Connection connection) throws SQLException {
    long nowNanos = System.nanoTime();
    if (!clockIsKnown || nowNanos - clockAskedNanos > CLOCK_NANOS) {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
        row.next();
        clockMillis = row.getLong(1);
        clockAskedNanos = System.nanoTime();
        clockIsKnown = true;
        return clockMillis;
      }
    }
    return clockMillis + (nowNanos - clockAskedNanos) / 1_000_000;
  }

  @Override
  public long takeId(Connection connection) throws SQLException {
    if (idsLeft == 0) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT nextval('outbox_id')")) {
        row.next();
        nextId = row.getLong(1);
        idsLeft = BLOCK_IDS;
      }
    }
    idsLeft--;
    return nextId++;
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public String claim(Lane lane) {
    // An array is evaluated once. PostgreSQL may turn a plain subquery into a join that evaluates
    // it
    // for each row of the table, and so claims many times the limit.
    return """
        UPDATE outbox SET due_at = ?, claim_token = ? WHERE id = ANY (ARRAY (
          SELECT id FROM (
            SELECT id, bytes, sum(bytes) OVER (ORDER BY due_at, id) AS total FROM (
              SELECT id, due_at, %d + %d * octet_length(body)::bigint AS bytes FROM outbox
              WHERE %s AND destination = ? AND due_at <= ? ORDER BY due_at LIMIT ?
              FOR UPDATE SKIP LOCKED) AS due) AS counted
          WHERE total - bytes < ?))
        RETURNING id, message_id, type, accepted_at, attempts, progress, body, trace"""
        .formatted(MemoryCost.CLAIM_BYTES, MemoryCost.COPIES, lane.condition());
  }

  @Override
  public long sizeBytes(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT sum(pg_total_relation_size(name::regclass))::bigint"
                    + " FROM unnest(ARRAY['outbox', 'dead_letter', 'seen']) AS name")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Making an index over many rows takes longer than any other statement may. */
  @Override
  public void patiently(Connection connection, Patient work) throws SQLException {
    int timeoutMillis = connection.getNetworkTimeout();
    connection.setNetworkTimeout(Runnable::run, 0);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL statement_timeout = 0");
      work.run();
    } finally {
      connection.setNetworkTimeout(Runnable::run, timeoutMillis);
    }
  }

  @Override
  public Set<Fingerprint> remember(
      Connection connection, List<Fingerprint> accepted, long nowMillis) throws SQLException {
    return seen.remember(connection, accepted, nowMillis);
  }

  @Override
  public SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) throws SQLException {
    return seen.seen(connection, id);
  }

  @Override
  public void setPatient(boolean patient) {
    seen.setPatient(patient);
  }

  @Override
  public void forget(Set<Fingerprint> added) {
    // The database has rolled it back.
  }

  @Override
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    return seen.tidy(connection, nowMillis);
  }

  @Override
  public void close() {
    // It holds nothing.
  }
}
