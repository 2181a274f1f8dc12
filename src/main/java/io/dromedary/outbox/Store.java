package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The statements of the outbox, on one connection. It belongs to one thread at a time. Nothing is
 * done until {@link #commit()}; after a failure {@link #rollback()} makes it as if nothing had
 * been.
 */
final class Store implements AutoCloseable {

  /** The version of the schema that this code needs; a script each leads to it. */
  private static final int VERSION = 3;

  private static final int EXPIRED_ROWS = 2000;
  static final int HASTENED_ROWS = 1000;

  private static final int PROBE_BYTES = 64 * 1024;

  private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

  private static final String INSERT_DEAD =
      "INSERT INTO dead_letter (id, destination, message_id, type, accepted_at, attempts, reason,"
          + " detail, last_status, first_attempt_at, last_attempt_at, dead_at, webhooks, body)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private final SqlDialect dialect;
  private final Connection connection;
  private final @Nullable Held held;
  private final String insertSql;
  private final String parkSql;

  /** Sorted: what a DELETE makes free is there for an INSERT, also where there is no other room. */
  private final Map<String, PreparedStatement> statements = new TreeMap<>();

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
      migrate();
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
    // Where claims are held in memory, no row says anything of them.
    boolean isWritten = held == null;
    this.insertSql =
        "INSERT INTO outbox (id, destination, message_id, type, accepted_at, due_at, attempts,"
            + " progress, body"
            + (isWritten
                ? ", claim_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                : ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.parkSql =
        "UPDATE outbox SET due_at = ?, parked_at = ?, attempts = ?, progress = ?"
            + (isWritten
                ? ", claim_token = NULL WHERE id = ? AND claim_token = ?"
                : " WHERE id = ?");
  }

  private void migrate() throws SQLException {
    int found = dialect.version(connection);
    if (found > VERSION) {
      throw new IllegalStateException(
          "The outbox has the schema version "
              + found
              + ", expected at most "
              + VERSION
              + ": it was written by a later version of Dromedary.");
    }
    if (found < VERSION) {
      dialect.patiently(connection, () -> migrate(found + 1));
    }
  }

  private void migrate(int first) throws SQLException {
    for (int version = first; version <= VERSION; version++) {
      String script = "/dromedary/outbox/" + dialect.name() + "-" + version + ".sql";
      try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(script), script);
          Statement statement = connection.createStatement()) {
        String text = COMMENT.matcher(new String(in.readAllBytes(), UTF_8)).replaceAll("");
        for (String sql : text.split(";", -1)) {
          if (!sql.isBlank()) {
            statement.execute(sql.strip());
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException("The script " + script + " cannot be read: " + e, e);
      }
      dialect.setVersion(connection, version);
    }
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
    if (held == null) {
      insert.setObject(10, token, Types.BIGINT);
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
    return held != null && held.note(claim.id(), new Held.Noted(dueMillis, attempts, progress));
  }

  /** Deletes a row if it is still that claim's, and says whether it was. */
  boolean deleteClaimed(Claim claim) throws SQLException {
    boolean isWritten = held == null;
    // Another text than that of delete(), whose statement may have gathered rows.
    PreparedStatement delete =
        prepared(
            "DELETE FROM outbox WHERE id = ?"
                + (isWritten ? " AND claim_token = ?" : "")
                + " RETURNING id");
    delete.setLong(1, claim.id());
    if (held == null) {
      delete.setLong(2, claim.token());
    } else {
      held.release(claim.id());
    }
    try (ResultSet deletedRow = delete.executeQuery()) {
      // None where an operator has deleted it meanwhile.
      return deletedRow.next();
    }
  }

  /** Whether this process knows in memory what is claimed; otherwise the rows say it. */
  boolean isHeld() {
    return held != null;
  }

  /** Whether this process has claimed a row, where no row says so. */
  boolean isHeld(long id) {
    return held != null && held.has(id);
  }

  /** Has a row be due that nobody has claimed, and that has been attempted so often. */
  void due(long id, String destination, int attempts, long dueMillis, @Nullable String progress)
      throws SQLException {
    PreparedStatement due = prepared("UPDATE outbox SET due_at = ?, progress = ? WHERE id = ?");
    due.setLong(1, dueMillis);
    due.setString(2, progress);
    due.setLong(3, id);
    due.addBatch();
    if (held != null) {
      held.written(destination, Lane.of(attempts), dueMillis);
    }
  }

  /** A row has been deleted by a statement that is not one of those here. */
  void deleted(long id) {
    if (held != null) {
      held.release(id);
    }
  }

  /** Sends what has been gathered of the statements above. */
  void flush() throws SQLException {
    for (PreparedStatement statement : statements.values()) {
      statement.executeBatch();
    }
    if (!deleted.isEmpty()) {
      // One statement, where the database is not in this process.
      PreparedStatement delete = prepared("DELETE FROM outbox WHERE id = ANY (?)");
      delete.setArray(1, connection.createArrayOf("bigint", deleted.toArray()));
      delete.executeUpdate();
      deleted.clear();
    }
    dialect.flush(connection);
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
      PreparedStatement claim = prepared(dialect.claim(lane));
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
      Held held,
      String destination,
      Lane lane,
      int most,
      long bytes,
      long nowMillis,
      List<Row> claimed)
      throws SQLException {
    // What the transaction has settled must not be found.
    flush();
    PreparedStatement query = prepared(dialect.claim(lane));
    int read = most;
    long left = bytes;
    while (read == most && claimed.size() < most && left > 0) {
      read = 0;
      Held.Position position = held.position(destination, lane, nowMillis);
      query.setString(1, destination);
      query.setLong(2, position.dueMillis());
      query.setLong(3, position.id());
      query.setLong(4, nowMillis);
      query.setInt(5, most);
      try (ResultSet rows = query.executeQuery()) {
        while (claimed.size() < most && left > 0 && rows.next()) {
          read++;
          long id = rows.getLong(1);
          held.readTo(destination, lane, rows.getLong(8), id);
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
            rows.getString(6)));
  }

  /**
   * When the next row of a destination and lane is due that is not claimed; {@link Long#MAX_VALUE}
   * if there is none. To be asked after all were claimed that are due now.
   */
  long nextDueMillis(String destination, Lane lane, long nowMillis) throws SQLException {
    PreparedStatement query =
        prepared(
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
        prepared(
            "SELECT name, "
                + next.formatted(Lane.FRESH.condition())
                + ", "
                + next.formatted(Lane.RETRY.condition())
                + " FROM unnest(?) AS name");
    query.setArray(1, connection.createArrayOf("text", destinations.toArray()));
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
          prepared(
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
          prepared(
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

  /** Deletes what is kept too long, a bounded part of it, and says whether more is left. */
  boolean tidy(long nowMillis, long retentionMillis) throws SQLException {
    PreparedStatement expire =
        prepared(
            "DELETE FROM dead_letter WHERE id IN"
                + " (SELECT id FROM dead_letter WHERE dead_at < ? ORDER BY dead_at LIMIT ?)");
    expire.setLong(1, nowMillis - retentionMillis);
    expire.setInt(2, EXPIRED_ROWS);
    boolean more = expire.executeUpdate() == EXPIRED_ROWS;
    return dialect.tidy(connection, nowMillis) || more;
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
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    return statement;
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
    for (PreparedStatement statement : statements.values()) {
      statement.clearBatch();
    }
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

  /** PostgreSQL takes any character but one. */
  static String text(String value) {
    return value.indexOf('\0') < 0 ? value : value.replace('\0', '\uFFFD');
  }

  private static @Nullable Long millis(@Nullable Instant instant) {
    return instant == null ? null : instant.toEpochMilli();
  }
}
