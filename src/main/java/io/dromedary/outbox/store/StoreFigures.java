package io.dromedary.outbox.store;

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
 * Counts and dates the events of each destination in the store, for monitoring. Figures of all
 * destinations are read by one statement, at most every five seconds, on a connection that delays
 * no commit. Thread-safe.
 *
 * <p>Callers wait briefly for new figures. If the store does not answer in time, they get the last
 * ones, unless those are older than a minute.
 */
public final class StoreFigures implements AutoCloseable {

  /**
   * The most rows that are counted, so that the cost does not grow with the length of an outage.
   */
  public static final int MOST_COUNTED = 100_000;

  private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long STALE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long WAIT_MILLIS = 200;

  /**
   * The figures of a destination; NaN if they are unknown.
   *
   * @param events the number of pending events
   * @param overdueMillis how long the most overdue event that is not claimed has been due
   * @param oldestMillis how long ago the oldest pending event was accepted
   */
  public record Figures(double events, double overdueMillis, double oldestMillis) {

    static final Figures UNKNOWN = new Figures(Double.NaN, Double.NaN, Double.NaN);
    static final Figures NONE = new Figures(0, 0, 0);
  }

  /** The store that figures are read from. */
  public interface Source {

    /** Opens a connection for reading, which the caller has to close. */
    Connection connectToRead() throws SQLException;

    /** The size of the tables in bytes, found without reading rows. */
    long sizeBytes(Connection connection) throws SQLException;

    /** Whether nodes share the store, so that claims are recorded in its rows. */
    boolean isShared();
  }

  private record Snapshot(Map<String, Figures> figures, double sizeBytes, long atNanos) {}

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
  private volatile Snapshot last =
      new Snapshot(Map.of(), Double.NaN, System.nanoTime() - STALE_NANOS);

  // Guarded by this.
  private @Nullable CompletableFuture<Void> reading;
  private long askedNanos = System.nanoTime() - FRESH_NANOS;

  /**
   * Reads figures of a store.
   *
   * @param taken supplies the destinations, each with the ids of its rows in this process's memory
   */
  public StoreFigures(Source source, Supplier<Map<String, List<Long>>> taken, Clock clock) {
    this.source = source;
    this.taken = taken;
    this.isShared = source.isShared();
    this.clock = clock;
    thread.allowCoreThreadTimeOut(true);
  }

  /** The figures of a destination. */
  public Figures of(String destination) {
    Snapshot seen = snapshot();
    return seen == null ? Figures.UNKNOWN : seen.figures().getOrDefault(destination, Figures.NONE);
  }

  /** The size of the tables in bytes; NaN if it is unknown. */
  public double sizeBytes() {
    Snapshot seen = snapshot();
    return seen == null ? Double.NaN : seen.sizeBytes();
  }

  /** The last figures, or null if they are too old. */
  private @Nullable Snapshot snapshot() {
    CompletableFuture<Void> now = read();
    if (now != null) {
      try {
        now.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // The last figures are returned.
      }
    }
    Snapshot seen = last;
    return System.nanoTime() - seen.atNanos() > STALE_NANOS ? null : seen;
  }

  /**
   * Starts to read figures if the last ones are too old and nothing is being read. Returns the
   * future to wait for, or null if it has not started: one caller waits, the others get the last
   * figures.
   */
  private synchronized @Nullable CompletableFuture<Void> read() {
    long nowNanos = System.nanoTime();
    if (nowNanos - askedNanos < FRESH_NANOS || (reading != null && !reading.isDone())) {
      return null;
    }
    askedNanos = nowNanos;
    try {
      reading = CompletableFuture.runAsync(this::query, thread);
    } catch (RuntimeException | Error e) {
      // This is closed, or no thread could be started.
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
      last = new Snapshot(found, source.sizeBytes(connection), System.nanoTime());
    } catch (SQLException e) {
      // The outbox itself reports that the store does not work.
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
        // A replayed event counts as accepted at its due time, which may be in the future.
        oldestMillis = Math.max(oldestMillis, clock.millis() - acceptedMillis);
      }
    }
    return new Figures(
        Math.min(MOST_COUNTED, row.getLong(2) + row.getLong(3)), overdueMillis, oldestMillis);
  }

  /**
   * The statement, which reads the index of each lane from its beginning. The columns that it needs
   * of many rows are part of these indexes.
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
      // If claims are in memory only, claimed rows still have their old due times.
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
