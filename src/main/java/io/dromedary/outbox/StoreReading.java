package io.dromedary.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads the store for an operator, on a connection of its own, so that no commit waits for it, and
 * each statement for a bounded time. Not thread-safe.
 */
final class StoreReading implements AutoCloseable {

  private static final int FETCHED_ROWS = 50;

  private final Connection connection;
  private final Duration longest;
  private final String what;

  /** What is made of rows. */
  interface Rows<T> {
    T read(ResultSet rows) throws SQLException;
  }

  /**
   * Connects.
   *
   * @param what is read, to tell of it
   */
  StoreReading(Outbox outbox, Duration longest, String what) throws OutboxException {
    this.longest = longest;
    this.what = what;
    try {
      connection = outbox.connect();
    } catch (SQLException e) {
      throw new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }

  <T> T read(String sql, List<Object> values, Rows<T> rows) throws OutboxException {
    AtomicBoolean isLate = new AtomicBoolean();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        query.setObject(i + 1, values.get(i));
      }
      query.setFetchSize(FETCHED_ROWS);
      // SQLite's driver takes a query timeout for the time to wait for a lock.
      CompletableFuture<Void> timer =
          CompletableFuture.runAsync(
              () -> cancel(query, isLate),
              CompletableFuture.delayedExecutor(longest.toMillis(), TimeUnit.MILLISECONDS));
      T read;
      try (ResultSet found = query.executeQuery()) {
        read = rows.read(found);
      } finally {
        timer.cancel(false);
      }
      // A transaction that stays open would keep the file of what is newer from being reused.
      connection.commit();
      return read;
    } catch (SQLException e) {
      throw new OutboxException(
          isLate.get() ? late(what, longest) : String.valueOf(e.getMessage()), e);
    }
  }

  /** The error of what takes longer than that to read. */
  static String late(String what, Duration longest) {
    return "the "
        + what
        + " could not be read within "
        + longest.toSeconds()
        + " s: narrow them down, by since and until";
  }

  private static void cancel(Statement query, AtomicBoolean isLate) {
    isLate.set(true);
    try {
      query.cancel();
    } catch (SQLException e) {
      // It has just ended.
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // Nothing was written.
    }
  }
}
