package io.dromedary.outbox.store;

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
 * Reads the store for an operator, on a separate connection, so that commits do not wait for it.
 * Each statement has a time limit. Not thread-safe.
 */
public final class StoreReading implements AutoCloseable {

  private static final int FETCHED_ROWS = 50;

  private final Connection connection;
  private final Duration longest;
  private final String what;

  /** Reads the rows of a result. */
  public interface Rows<T> {
    T read(ResultSet rows) throws SQLException;
  }

  /**
   * Reads on a connection, which is closed with this.
   *
   * @param longest the time limit of each statement
   * @param what the name of the data to read, for error messages
   */
  StoreReading(Connection connection, Duration longest, String what) {
    this.connection = connection;
    this.longest = longest;
    this.what = what;
  }

  public <T> T read(String sql, List<Object> values, Rows<T> rows) throws OutboxException {
    AtomicBoolean isLate = new AtomicBoolean();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        query.setObject(i + 1, values.get(i));
      }
      query.setFetchSize(FETCHED_ROWS);
      // The query timeout is of no use: SQLite's driver applies it only to waits for locks.
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
      // While a transaction is open, SQLite cannot reuse the write-ahead log.
      connection.commit();
      return read;
    } catch (SQLException e) {
      throw new OutboxException(
          isLate.get() ? late(what, longest) : String.valueOf(e.getMessage()), e);
    }
  }

  /** The error message for data that takes longer than the limit to read. */
  public static String late(String what, Duration longest) {
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
      // The query has just ended.
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
