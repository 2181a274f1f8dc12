package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The store that several nodes share. Its clock decides for all of them. */
final class PostgresDialect implements SqlDialect {

  /** By the schema's sequence. */
  private static final int BLOCK_IDS = 1000;

  /** How long the database's clock is taken to go as this node's does. */
  private static final long CLOCK_NANOS = Duration.ofSeconds(10).toNanos();

  private static final int EXPIRED_ROWS = 2000;

  /**
   * How long the writer waits for a transaction of another node, or of a host, that has the same
   * message id. All other work waits for the writer.
   */
  private static final String MOST_LOCKED = "500ms";

  /** How long it waits when it has waited before. */
  private static final String MOST_LOCKED_AGAIN = "10ms";

  /**
   * The database gives a statement up before we do: one that goes on without us holds its locks,
   * and every later one waits for them. So does a transaction whose node is gone.
   *
   * <p>Plans are kept, and made when the tables may be empty: without an index they would take a
   * scan of the whole table for each row a minute later.
   *
   * <p>A commit is one: what is answered 200 must outlive the database's machine, too.
   */
  private static final String SESSION =
      """
      SET statement_timeout = '4s';
      SET idle_in_transaction_session_timeout = '10s';
      SET enable_seqscan = off;
      SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') = 'off'""";

  /** How long a transaction of the host waits for another one that has the same message id. */
  private static final int MOST_JOINED_SECONDS = 10;

  private static final String LOCK_TIMEOUT = "55P03";
  private static final String CANCELLED = "57014";

  private final OutboxSettings settings;
  private final boolean joins;
  private boolean isPatient = true;
  private long nextId;
  private int idsLeft;
  private long clockMillis;
  private long clockAskedNanos;
  private boolean clockIsKnown;

  PostgresDialect(OutboxSettings settings) {
    this(settings, false);
  }

  /**
   * The dialect.
   *
   * @param joins whether the transactions are a host's, whose settings are none of our business
   */
  PostgresDialect(OutboxSettings settings, boolean joins) {
    this.settings = settings;
    this.joins = joins;
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
    // What the URL says wins.
    PostgresUrl url = PostgresUrl.of(settings.url());
    properties.putAll(url.credentials());
    // Without limits, a database that is gone would hold the writer.
    // Senders wait for it, so it is shorter than they do.
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
      // Nodes that start at once make the schema once: the lock lasts as long as the transaction.
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
    if (state.equals(LOCK_TIMEOUT)) {
      // It waits for a message id: nobody else has to.
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
    // An array is made once. Of a plain subquery PostgreSQL may make a join that takes it anew for
    // each row of the table, and claims many times as many as it says.
    return """
        UPDATE outbox SET due_at = ?, claim_token = ? WHERE id = ANY (ARRAY (
          SELECT id FROM (
            SELECT id, bytes, sum(bytes) OVER (ORDER BY due_at, id) AS total FROM (
              SELECT id, due_at, %d + %d * octet_length(body)::bigint AS bytes FROM outbox
              WHERE %s AND destination = ? AND due_at <= ? ORDER BY due_at LIMIT ?
              FOR UPDATE SKIP LOCKED) AS due) AS counted
          WHERE total - bytes < ?))
        RETURNING id, message_id, type, accepted_at, attempts, progress, body, trace"""
        .formatted(MemoryBudget.CLAIM_BYTES, MemoryBudget.COPIES, lane.condition());
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

  /** An index over many rows takes longer than any statement may otherwise. */
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
    if (settings.dedupWindow().isZero() || accepted.isEmpty()) {
      return Set.of();
    }
    // In one order on all nodes, so that two that have the same events do not wait for each other.
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
      insert.setLong(3, nowMillis - settings.dedupWindow().toMillis());
      try (ResultSet rows = insert.executeQuery()) {
        while (rows.next()) {
          Fingerprint fingerprint = ordered.get(rows.getObject(1, UUID.class));
          if (fingerprint != null) {
            added.add(fingerprint);
          }
        }
      }
    } catch (SQLException e) {
      String state = e.getSQLState();
      throw LOCK_TIMEOUT.equals(state) || (joins && CANCELLED.equals(state))
          ? new SQLException(
              "a transaction that has not ended has stored an event of the same message id",
              state,
              e)
          : e;
    } finally {
      uuids.free();
    }
    return added;
  }

  @Override
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

  @Override
  public void setPatient(boolean patient) {
    isPatient = patient;
  }

  @Override
  public void forget(Set<Fingerprint> added) {
    // The database has rolled it back.
  }

  @Override
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    try (PreparedStatement expire =
        connection.prepareStatement(
            "DELETE FROM seen WHERE fingerprint IN (SELECT fingerprint FROM seen WHERE seen_at < ?"
                + " LIMIT ? FOR UPDATE SKIP LOCKED)")) {
      expire.setLong(1, nowMillis - settings.dedupWindow().toMillis());
      expire.setInt(2, EXPIRED_ROWS);
      return expire.executeUpdate() == EXPIRED_ROWS;
    }
  }

  @Override
  public void close() {
    // It holds nothing.
  }
}
