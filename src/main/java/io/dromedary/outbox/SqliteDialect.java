package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded store: one file, one process, or a database in memory. A lock on a file beside it is
 * held for life, so that a second process is refused; SQLite's own locks last no longer than a
 * transaction.
 */
final class SqliteDialect implements SqlDialect {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteDialect.class);

  /** Of at most 64 KiB each. */
  private static final int EXPIRED_ROWS = 200;

  // Result codes, of which an extended one has more in its higher bits.
  private static final int CORRUPT = 11;
  private static final int TOO_BIG = 18;
  private static final int CONSTRAINT = 19;
  private static final int MISMATCH = 20;

  /** The driver tells an extended code in its message only. */
  private static final String SHORT_READ = "SQLITE_IOERR_SHORT_READ";

  private final OutboxSettings settings;
  private final Clock clock;
  private final SqliteUrl url;
  private final @Nullable SqliteFiles files;

  /** Those that may be open; guarded by this. */
  private final List<Connection> connections = new ArrayList<>();

  /** Has open what is in no file that has a name; guarded by this. */
  private @Nullable Connection cutOff;

  private final InMemoryClaims held = new InMemoryClaims();
  private final SqliteCapacity room;
  private @Nullable SeenIds seen;

  /** Fingerprints of the transaction, which are written as one row. */
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();

  /** A database in memory lasts as long as a connection to it; guarded by this. */
  private @Nullable Connection memory;

  private boolean isClosed;

  private boolean isFirst = true;
  private volatile boolean isCorrupt;
  private long latestMillis = Long.MIN_VALUE;
  private long setBackMillis;
  private long nextId;
  private volatile long forgotten;

  SqliteDialect(OutboxSettings settings, Clock clock) {
    this(settings, clock, null);
  }

  /**
   * A dialect.
   *
   * @param disk where the database is; null for the disk that is found there
   */
  SqliteDialect(OutboxSettings settings, Clock clock, FreeSpace.@Nullable Disk disk) {
    this.settings = settings;
    this.clock = clock;
    this.url = SqliteUrl.of(settings.url());
    this.files = url.file() == null ? null : SqliteFiles.lock(url.file());
    this.room =
        files == null ? SqliteCapacity.inMemory() : SqliteCapacity.onDisk(files.database(), disk);
    if (files == null) {
      LOG.warn(
          "The outbox is in memory: an event that is accepted is lost when the process ends"
              + " (webhooks.outbox.url)");
    }
  }

  @Override
  public boolean isDurable() {
    return files != null;
  }

  @Override
  public String name() {
    return "sqlite";
  }

  @Override
  public synchronized Connection connect() throws SQLException {
    while (true) {
      try {
        if (cutOff != null) {
          save(cutOff);
        }
        return open(true);
      } catch (SQLException e) {
        // To open it, too, takes some room.
        if (!room.isThereMoreAfter(e)) {
          throw e;
        }
      }
    }
  }

  @Override
  public long sizeBytes(Connection connection) throws SQLException {
    return number(connection, "PRAGMA page_count") * number(connection, "PRAGMA page_size");
  }

  @Override
  public synchronized Connection connectToRead() throws SQLException {
    return open(false);
  }

  private Connection open(boolean isWriter) throws SQLException {
    connections.removeIf(SqliteDialect::isClosed);
    if (files != null) {
      if (connections.isEmpty()) {
        files.closed();
      }
      // SQLite would begin a new file, and what was accepted would be forgotten.
      files.check();
      if (isWriter) {
        files.checkLock();
      }
    }
    if (files == null) {
      if (isClosed) {
        // It would be another database.
        throw new SQLException("the outbox is closed");
      }
      if (memory == null) {
        memory = DriverManager.getConnection(url.jdbc());
      }
    }
    Connection connection = DriverManager.getConnection(url.jdbc());
    try (Statement statement = connection.createStatement()) {
      // In memory, where there is no log, a commit waits for those who read.
      statement.execute("PRAGMA busy_timeout = " + (files == null ? 5000 : 1000));
      // Takes effect in a file without tables only, so it comes first.
      statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
      statement.execute("PRAGMA journal_mode = " + (files == null ? "MEMORY" : "WAL"));
      statement.execute("PRAGMA synchronous = FULL");
      // Negative: KiB. Outside of the heap.
      statement.execute("PRAGMA cache_size = -32768");
      // Else what is sorted may go to a disk that is full.
      statement.execute("PRAGMA temp_store = MEMORY");
      statement.execute("PRAGMA journal_size_limit = " + SqliteFiles.LOG_BYTES);
      if (isCorrupt) {
        // Parts of it may still work, which would not be seen to be less than the whole.
        verify(statement);
      }
      if (files != null) {
        // The log is opened by whatever reads first.
        number(connection, "PRAGMA schema_version");
        checkName(statement, files.database());
        files.opened();
      }
      if (isWriter) {
        room.opened(connection, files == null);
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    connection.setAutoCommit(false);
    connections.add(connection);
    return connection;
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

  /** The lock and all checks are worth nothing if SQLite takes the URL for that of another file. */
  private static void checkName(Statement statement, Path expected) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA database_list")) {
      String name = row.next() ? row.getString("file") : "nothing";
      if (!Path.of(name).equals(expected)) {
        throw new SQLException("SQLite opened " + name + ", expected " + expected);
      }
    }
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  private void verify(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      String found = row.next() ? row.getString(1) : "nothing";
      if (!found.equals("ok")) {
        throw new SQLException("the file is corrupt: " + found);
      }
    }
    isCorrupt = false;
  }

  @Override
  public void check() throws SQLException {
    if (files != null) {
      files.check();
      files.checkLock();
    }
    room.committing();
  }

  @Override
  public synchronized void disconnect(Connection connection) {
    if (files == null || !files.isLogLost()) {
      SqlDialect.super.disconnect(connection);
      return;
    }
    cutOff = connection;
    try {
      save(connection);
    } catch (SQLException e) {
      LOG.warn(
          "What was stored last is in a log that has no name any more, and cannot be saved yet: {}",
          e.getMessage());
    }
  }

  /**
   * Moves what is in a log that nobody else can find into the database, by the connection that has
   * it open still. Nothing may be read from then on but by new connections: those of before have
   * the same log.
   */
  private void save(Connection connection) throws SQLException {
    connections.remove(connection);
    connections.forEach(SqlDialect.super::disconnect);
    connections.clear();
    try {
      // First: what has not been committed would be by the change of mode.
      rollback(connection);
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
        if (row.next() && row.getInt(1) != 0) {
          throw new SQLException("another process reads the file");
        }
      }
      LOG.warn("What was only in the log that has gone has been saved to the database");
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains(SHORT_READ)) {
        throw e;
      }
      isCorrupt = true;
      LOG.error("The log was cut off by somebody: what was stored last may be lost");
    }
    SqlDialect.super.disconnect(connection);
    cutOff = null;
  }

  @Override
  public Fault fault(SQLException failure) {
    if (room.isShortAfter(failure)) {
      return Fault.STORE;
    }
    int code = failure.getErrorCode() & 0xff;
    isCorrupt |= code == CORRUPT;
    return switch (code) {
      case TOO_BIG, CONSTRAINT, MISMATCH -> Fault.WORK;
      default -> Fault.CONNECTION;
    };
  }

  /**
   * When the file is full SQLite has rolled back by itself, and the driver's rollback fails. The
   * driver begins the next transaction only after one that succeeds: left alone, the statements to
   * come would be committed one by one. A new connection would do as well, but is only asked for
   * after a while.
   */
  @Override
  public void rollback(Connection connection) throws SQLException {
    try {
      connection.rollback();
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
        throw e;
      }
      try (Statement statement = connection.createStatement()) {
        statement.execute("BEGIN");
      }
    }
    room.rolledBack(connection);
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
      seen = settings.dedupWindow().isZero() ? null : load(connection);
      isFirst = false;
    }
  }

  private SeenIds load(Connection connection) throws SQLException {
    SeenIds loaded = new SeenIds(settings.dedupWindow(), settings.dedupMost());
    long now = clock.millis();
    long from = now - settings.dedupWindow().toMillis();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT fingerprint, seen_at FROM seen ORDER BY id")) {
      while (rows.next()) {
        if (rows.getLong(2) > from) {
          ByteBuffer together = ByteBuffer.wrap(rows.getBytes(1));
          while (together.hasRemaining()) {
            loaded.add(Fingerprint.read(together), Math.min(now, rows.getLong(2)));
          }
        }
      }
    }
    return loaded;
  }

  /**
   * The clock, but that it goes on where it was when it is set back: what is due in a minute would
   * be due in an hour and a minute. After more than the longest wait {@link DueRows#mendDue} does
   * it.
   */
  @Override
  public long nowMillis(Connection connection) {
    long millis = clock.millis();
    if (millis + setBackMillis < latestMillis) {
      long back = latestMillis - millis;
      setBackMillis = back < settings.longestWait().toMillis() ? back : 0;
    }
    latestMillis = millis + setBackMillis;
    return latestMillis;
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
    Set<Fingerprint> added = new LinkedHashSet<>();
    SeenIds known = seen;
    if (known == null) {
      return added;
    }
    for (Fingerprint fingerprint : accepted) {
      if (known.add(fingerprint, nowMillis)) {
        added.add(fingerprint);
        unwritten.writeBytes(fingerprint.toBytes());
      }
    }
    return added;
  }

  @Override
  public SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) {
    return seen == null ? null : seen.seen(id);
  }

  /** All of a transaction are one row: a row each would cost as much as the events themselves. */
  @Override
  public void flush(Connection connection) throws SQLException {
    if (unwritten.size() == 0) {
      return;
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO seen (fingerprint, seen_at) VALUES (?, ?)")) {
      insert.setBytes(1, unwritten.toByteArray());
      insert.setLong(2, nowMillis(connection));
      insert.executeUpdate();
    }
    unwritten.reset();
  }

  @Override
  public void forget(Set<Fingerprint> added) {
    unwritten.reset();
    if (seen != null) {
      added.forEach(seen::remove);
    }
  }

  @Override
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    boolean more = false;
    if (seen != null) {
      seen.expire(nowMillis);
      boolean isFirstTime = forgotten == 0;
      forgotten = seen.forgotten();
      if (isFirstTime && forgotten > 0) {
        LOG.warn(
            "More than {} message ids came within {}: the oldest are forgotten early, and an event"
                + " that is sent again so late is delivered again",
            settings.dedupMost(),
            settings.dedupWindow());
      }
    }
    // They stand in the order of time: the first that is not out of the window ends it.
    try (PreparedStatement expire =
        connection.prepareStatement(
            "DELETE FROM seen WHERE seen_at < ? AND id IN (SELECT id FROM seen ORDER BY id LIMIT ?)")) {
      expire.setLong(1, nowMillis - settings.dedupWindow().toMillis());
      expire.setInt(2, EXPIRED_ROWS);
      more = expire.executeUpdate() == EXPIRED_ROWS;
    }
    return room.giveBack(connection) || more;
  }

  @Override
  public long forgotten() {
    return forgotten;
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    if (cutOff != null) {
      try {
        save(cutOff);
      } catch (SQLException e) {
        LOG.error("What was stored last is lost with its log: {}", e.getMessage());
        SqlDialect.super.disconnect(cutOff);
      }
    }
    if (files != null) {
      files.close();
    }
    if (memory != null) {
      SqlDialect.super.disconnect(memory);
    }
  }

  static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }
}
