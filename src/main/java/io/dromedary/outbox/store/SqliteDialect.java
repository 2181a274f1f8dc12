package io.dromedary.outbox.store;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.SeenIds;
import io.dromedary.outbox.dedup.SqliteSeenIds;
import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded store: one process has the database, which is a file or in memory. Claims and
 * message ids are in the memory of that process.
 */
final class SqliteDialect implements SqlDialect {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteDialect.class);

  // Result codes, of which an extended one has more in its higher bits.
  private static final int CORRUPT = 11;
  private static final int TOO_BIG = 18;
  private static final int CONSTRAINT = 19;
  private static final int MISMATCH = 20;

  private final Clock clock;
  private final boolean isDurable;

  private final InMemoryClaims held = new InMemoryClaims();
  private final SqliteCapacity room;
  private final SqliteConnections connections;
  private final SqliteSeenIds seen;
  private final ForwardClock forward;
  private boolean isFirst = true;
  private long nextId;

  SqliteDialect(OutboxSettings settings, Clock clock) {
    this(settings, clock, null);
  }

  /**
   * A dialect.
   *
   * @param disk where the database is; null for the disk that is found there
   */
  SqliteDialect(OutboxSettings settings, Clock clock, FreeSpace.@Nullable Disk disk) {
    this.clock = clock;
    SqliteUrl url = SqliteUrl.of(settings.url());
    SqliteFiles files = url.file() == null ? null : SqliteFiles.lock(url.file());
    this.isDurable = files != null;
    this.room =
        files == null ? SqliteCapacity.inMemory() : SqliteCapacity.onDisk(files.database(), disk);
    this.connections = new SqliteConnections(url, files, room);
    this.seen = new SqliteSeenIds(settings.dedupWindow(), settings.dedupMost());
    this.forward = new ForwardClock(clock, settings.longestWait());
    if (files == null) {
      LOG.warn(
          "The outbox is in memory: an event that is accepted is lost when the process ends"
              + " (webhooks.outbox.url)");
    }
  }

  @Override
  public boolean isDurable() {
    return isDurable;
  }

  @Override
  public String name() {
    return "sqlite";
  }

  @Override
  public Connection connect() throws SQLException {
    return connections.connect();
  }

  @Override
  public long sizeBytes(Connection connection) throws SQLException {
    return number(connection, "PRAGMA page_count") * number(connection, "PRAGMA page_size");
  }

  @Override
  public Connection connectToRead() throws SQLException {
    return connections.connectToRead();
  }

  @Override
  public void admit(Connection connection, long bytes) throws SQLException {
    room.admit(connection, bytes);
  }

  @Override
  public void makeRoom(Connection connection) throws SQLException {
    room.make(connection);
  }

  @Override
  public @Nullable String lack() {
    return room.lack();
  }

  @Override
  public void check() throws SQLException {
    connections.check();
    room.committing();
  }

  @Override
  public void disconnect(Connection connection) {
    connections.disconnect(connection);
  }

  @Override
  public Fault fault(SQLException failure) {
    if (room.isShortAfter(failure)) {
      return Fault.STORE;
    }
    int code = failure.getErrorCode() & 0xff;
    if (code == CORRUPT) {
      connections.verifyNext();
    }
    return switch (code) {
      case TOO_BIG, CONSTRAINT, MISMATCH -> Fault.WORK;
      default -> Fault.CONNECTION;
    };
  }

  @Override
  public void rollback(Connection connection) throws SQLException {
    connections.rollback(connection);
  }

  @Override
  public int version(Connection connection) throws SQLException {
    return (int) number(connection, "PRAGMA user_version");
  }

  @Override
  public void setVersion(Connection connection, int version) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = " + version);
    }
  }

  @Override
  public void connected(Connection connection) throws SQLException {
    long last =
        Math.max(
            number(connection, "SELECT coalesce(max(id), 0) FROM outbox"),
            number(connection, "SELECT coalesce(max(id), 0) FROM dead_letter"));
    // On a connection anew, an id whose row has gone may still have a settlement on its way.
    nextId = Math.max(nextId, last + 1);
    if (isFirst) {
      seen.load(connection, clock.millis());
      isFirst = false;
    }
  }

  @Override
  public long nowMillis(Connection connection) {
    return forward.millis();
  }

  @Override
  public long takeId(Connection connection) {
    return nextId++;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public InMemoryClaims held() {
    return held;
  }

  @Override
  public String claim(Lane lane) {
    return """
        SELECT id, message_id, type, accepted_at, attempts, progress, body, trace, due_at FROM outbox
        WHERE %s AND destination = ? AND (due_at, id) > (?, ?) AND due_at <= ?
        ORDER BY due_at, id LIMIT ?"""
        .formatted(lane.condition());
  }

  @Override
  public Set<Fingerprint> remember(
      Connection connection, List<Fingerprint> accepted, long nowMillis) {
    return seen.remember(accepted, nowMillis);
  }

  @Override
  public SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) {
    return seen.seen(id);
  }

  @Override
  public void flush(Connection connection) throws SQLException {
    seen.flush(connection, nowMillis(connection));
  }

  @Override
  public void forget(Set<Fingerprint> added) {
    seen.forget(added);
  }

  @Override
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    boolean more = seen.tidy(connection, nowMillis);
    return room.giveBack(connection) || more;
  }

  @Override
  public long forgotten() {
    return seen.forgotten();
  }

  @Override
  public void close() {
    connections.close();
  }

  static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }
}
