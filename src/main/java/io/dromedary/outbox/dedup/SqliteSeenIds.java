package io.dromedary.outbox.dedup;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The message ids of a store that one process owns: {@link SeenIds} in memory, and rows from which
 * the next process loads them. Owned by the store's writer thread; {@link #forgotten} may be called
 * by any thread.
 */
public final class SqliteSeenIds {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteSeenIds.class);

  /** Rows of at most 64 KiB each. */
  private static final int EXPIRED_ROWS = 200;

  private final Duration window;
  private final int most;

  /** Null until they are loaded, and where nothing is de-duplicated. */
  private @Nullable SeenIds seen;

  /** The fingerprints that the transaction has added. */
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();

  private volatile long forgotten;

  /**
   * Message ids.
   *
   * @param window how long an id is remembered; nothing is de-duplicated if it is zero
   * @param most the most ids that are remembered
   */
  public SqliteSeenIds(Duration window, int most) {
    this.window = window;
    this.most = most;
  }

  /** Reads the ids that the database has from a former process. */
  public void load(Connection connection, long now) throws SQLException {
    if (window.isZero()) {
      return;
    }
    SeenIds loaded = new SeenIds(window, most);
    long from = now - window.toMillis();
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
    seen = loaded;
  }

  /** Adds what was accepted; returns the ids that were not known. */
  public Set<Fingerprint> remember(List<Fingerprint> accepted, long nowMillis) {
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

  /** When an id was accepted, or null if it is not known. */
  public SeenIds.@Nullable Bounds seen(Fingerprint id) {
    return seen == null ? null : seen.seen(id);
  }

  /**
   * Writes the ids that the transaction has added, all of them as one row: a row each would cost as
   * much as the events themselves.
   */
  public void flush(Connection connection, long nowMillis) throws SQLException {
    if (unwritten.size() == 0) {
      return;
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO seen (fingerprint, seen_at) VALUES (?, ?)")) {
      insert.setBytes(1, unwritten.toByteArray());
      insert.setLong(2, nowMillis);
      insert.executeUpdate();
    }
    unwritten.reset();
  }

  /** Forgets the ids that a transaction had added which was rolled back. */
  public void forget(Set<Fingerprint> added) {
    unwritten.reset();
    if (seen != null) {
      added.forEach(seen::remove);
    }
  }

  /**
   * Deletes ids that are out of the window, a bounded part of them; returns whether more are left.
   */
  public boolean tidy(Connection connection, long nowMillis) throws SQLException {
    if (seen != null) {
      seen.expire(nowMillis);
      boolean isFirstTime = forgotten == 0;
      forgotten = seen.forgotten();
      if (isFirstTime && forgotten > 0) {
        LOG.warn(
            "More than {} message ids came within {}: the oldest are forgotten early, and an event"
                + " that is sent again so late is delivered again",
            most,
            window);
      }
    }
    // Rows are in the order of time, so the first row within the window ends the search.
    try (PreparedStatement expire =
        connection.prepareStatement(
            "DELETE FROM seen WHERE seen_at < ? AND id IN (SELECT id FROM seen ORDER BY id LIMIT ?)")) {
      expire.setLong(1, nowMillis - window.toMillis());
      expire.setInt(2, EXPIRED_ROWS);
      return expire.executeUpdate() == EXPIRED_ROWS;
    }
  }

  /** How many ids were forgotten within the window, because there were too many. */
  public long forgotten() {
    return forgotten;
  }
}
