package io.dromedary.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the store has of each destination, for whoever watches it: read for all of them by one
 * statement, at most once in five seconds, on a connection that hinders no commit. Thread-safe.
 *
 * <p>Who asks waits a moment for new figures, and gets the last ones, if they are no more than a
 * minute old, from a store that does not answer in time.
 */
final class StoreFigures implements AutoCloseable {

  /** How far rows are counted: what that costs must not depend on how long an outage lasts. */
  static final int MOST_COUNTED = 100_000;

  private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long STALE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long WAIT_MILLIS = 200;

  /**
   * What is known of a destination; NaN where nothing is.
   *
   * @param events that are not done
   * @param overdueMillis how long that event has been due that has been due for longest and that
   *     nobody has taken
   * @param oldestMillis how long ago that event was accepted that was accepted first
   */
  record Figures(double events, double overdueMillis, double oldestMillis) {

    static final Figures UNKNOWN = new Figures(Double.NaN, Double.NaN, Double.NaN);
    static final Figures NONE = new Figures(0, 0, 0);
  }

  /** What is looked at. */
  interface Source {

    /** Opens a connection to read on, which is the caller's to close. */
    Connection connectToRead() throws SQLException;

    /** What the tables take, in bytes, without looking at rows. */
    long sizeBytes(Connection connection) throws SQLException;

    /** Whether the store itself knows what is claimed. */
    boolean isShared();
  }

  private record Look(Map<String, Figures> figures, double sizeBytes, long atNanos) {}

  private final Source source;
  private final Supplier<Map<String, List<Long>>> taken;
  private final boolean isShared;
  private final Clock clock;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread made = new Thread(task, "outbox-figures");
            made.setDaemon(true);
            return made;
          });
  private volatile Look last = new Look(Map.of(), Double.NaN, System.nanoTime() - STALE_NANOS);

  // Guarded by this.
  private @Nullable CompletableFuture<Void> reading;
  private long askedNanos = System.nanoTime() - FRESH_NANOS;

  /**
   * Figures of a store.
   *
   * @param taken the destinations, and the rows of each that are in this process's memory
   */
  StoreFigures(Source source, Supplier<Map<String, List<Long>>> taken, Clock clock) {
    this.source = source;
    this.taken = taken;
    this.isShared = source.isShared();
    this.clock = clock;
    thread.allowCoreThreadTimeOut(true);
  }

  /** What is known of a destination. */
  Figures of(String destination) {
    Look seen = look();
    return seen == null ? Figures.UNKNOWN : seen.figures().getOrDefault(destination, Figures.NONE);
  }

  /** What the tables take, in bytes; NaN where that is not known. */
  double sizeBytes() {
    Look seen = look();
    return seen == null ? Double.NaN : seen.sizeBytes();
  }

  /** What has been seen last, or null if that is too long ago. */
  private @Nullable Look look() {
    CompletableFuture<Void> now = read();
    if (now != null) {
      try {
        now.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // Then the last ones are told.
      }
    }
    Look seen = last;
    return System.nanoTime() - seen.atNanos() > STALE_NANOS ? null : seen;
  }

  /** Begins to read, if that is worth it, and returns what to wait for: only one does. */
  private synchronized @Nullable CompletableFuture<Void> read() {
    long nowNanos = System.nanoTime();
    if (nowNanos - askedNanos < FRESH_NANOS || (reading != null && !reading.isDone())) {
      return null;
    }
    askedNanos = nowNanos;
    try {
      reading = CompletableFuture.runAsync(this::query, thread);
    } catch (RuntimeException | Error e) {
      // It is closed, or there is no thread: nothing is known.
      reading = null;
    }
    return reading;
  }

  private void query() {
    Map<String, List<Long>> destinations = taken.get();
    if (destinations.isEmpty()) {
      return;
    }
    List<String> names = List.copyOf(destinations.keySet());
    try (Connection connection = source.connectToRead();
        PreparedStatement query = connection.prepareStatement(sql(names.size()))) {
      int at = 1;
      for (String name : names) {
        query.setString(at++, name);
      }
      if (!isShared) {
        String ids = destinations.values().stream().flatMap(List::stream).toList().toString();
        for (int i = 0; i < Lane.values().length; i++) {
          query.setString(at++, ids);
        }
      }
      Map<String, Figures> found = new HashMap<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.put(row.getString(1), figures(row));
        }
      }
      last = new Look(found, source.sizeBytes(connection), System.nanoTime());
    } catch (SQLException e) {
      // The outbox itself tells that its store does not work.
    }
  }

  private Figures figures(ResultSet row) throws SQLException {
    long overdueMillis = 0;
    for (int column = 4; column <= 5; column++) {
      long dueMillis = row.getLong(column);
      if (!row.wasNull()) {
        overdueMillis = Math.max(overdueMillis, clock.millis() - dueMillis);
      }
    }
    long oldestMillis = 0;
    for (int column = 6; column <= 7; column++) {
      long acceptedMillis = row.getLong(column);
      if (!row.wasNull()) {
        // What is replayed counts as accepted when it will be due.
        oldestMillis = Math.max(oldestMillis, clock.millis() - acceptedMillis);
      }
    }
    return new Figures(
        Math.min(MOST_COUNTED, row.getLong(2) + row.getLong(3)), overdueMillis, oldestMillis);
  }

  /**
   * By the indexes of the lanes, of which each is read from its beginning. What is asked of many
   * rows is in these indexes.
   */
  private String sql(int destinations) {
    StringBuilder counts = new StringBuilder();
    StringBuilder firsts = new StringBuilder();
    StringBuilder oldest = new StringBuilder();
    for (Lane lane : Lane.values()) {
      String rows = " FROM outbox WHERE " + lane.condition() + " AND destination = name";
      counts.append(", (SELECT count(*) FROM (SELECT 1").append(rows);
      counts.append(" LIMIT " + MOST_COUNTED + ") AS counted)");
      firsts.append(", (SELECT due_at").append(rows);
      // Where the store does not know what is claimed, its due time is still that of before.
      firsts.append(isShared ? "" : " AND id NOT IN (SELECT value FROM json_each(?))");
      firsts.append(" ORDER BY due_at LIMIT 1)");
      oldest.append(", (SELECT min(accepted_at) FROM (SELECT accepted_at").append(rows);
      oldest.append(" ORDER BY due_at LIMIT " + MOST_COUNTED + ") AS first)");
    }
    return "WITH destinations(name) AS (VALUES "
        + String.join(", ", Collections.nCopies(destinations, "(?)"))
        + ") SELECT name"
        + counts
        + firsts
        + oldest
        + " FROM destinations";
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
