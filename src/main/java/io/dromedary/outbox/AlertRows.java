package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreReading;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The stored states of the subjects of alerts. A change and the alert about it are written in one
 * transaction. The alert is an event of the outbox, at the destination {@value #DESTINATION}, so it
 * is delivered at least once, even after a crash. A change succeeds only if no other node has
 * changed the row since it was read, so only one of several nodes sends the alert. Each call blocks
 * for ten seconds at most. Thread-safe.
 */
public final class AlertRows {

  /** The destination of alerts. Settings cannot define a destination with that name. */
  public static final String DESTINATION = "dromedary_alerts";

  private static final Duration TIME = Duration.ofSeconds(10);

  /** The most rows that are read: more than there can be webhooks and reasons of dead letters. */
  private static final int MOST = 10_000;

  private static final String COLUMNS =
      "kind, subject, version, state, since, told_at, told, count, note";

  private final StoreAccess store;

  AlertRows(StoreAccess store) {
    this.store = store;
  }

  /**
   * The number of dead letters that have destination, reason and last status in common.
   *
   * @param lastStatus the status of the last answer, or null if there was none
   * @param sample the message id of one of them
   */
  public record DeadLetterCount(
      String destination, String reason, @Nullable Integer lastStatus, long count, String sample) {}

  /** Returns all rows, ordered by kind and subject. */
  public List<AlertRow> all() throws OutboxException {
    try (StoreReading reading = store.read(TIME, "alerts")) {
      return reading.read(
          "SELECT " + COLUMNS + " FROM alert ORDER BY kind, subject LIMIT ?",
          List.of(MOST),
          AlertRows::rows);
    }
  }

  private static List<AlertRow> rows(ResultSet row) throws SQLException {
    List<AlertRow> all = new ArrayList<>();
    while (row.next()) {
      long toldMillis = row.getLong(6);
      Instant toldAt = row.wasNull() ? null : Instant.ofEpochMilli(toldMillis);
      all.add(
          new AlertRow(
              row.getString(1),
              row.getString(2),
              row.getLong(3),
              row.getString(4),
              Instant.ofEpochMilli(row.getLong(5)),
              toldAt,
              row.getString(7),
              row.getLong(8),
              row.getString(9)));
    }
    return all;
  }

  /** Counts the dead letters that were given up after one instant, up to and including another. */
  public List<DeadLetterCount> deadLetterCounts(Instant after, Instant until)
      throws OutboxException {
    try (StoreReading reading = store.read(TIME, "dead letters")) {
      return reading.read(
          "SELECT destination, reason, last_status, count(*), min(message_id) FROM dead_letter"
              + " WHERE dead_at > ? AND dead_at <= ? GROUP BY destination, reason, last_status",
          List.of(after.toEpochMilli(), until.toEpochMilli()),
          row -> {
            List<DeadLetterCount> all = new ArrayList<>();
            while (row.next()) {
              int status = row.getInt(3);
              Integer lastStatus = row.wasNull() ? null : status;
              all.add(
                  new DeadLetterCount(
                      row.getString(1),
                      row.getString(2),
                      lastStatus,
                      row.getLong(4),
                      row.getString(5)));
            }
            return all;
          });
    }
  }

  /**
   * Changes a row, or adds it, and stores the alert about the change.
   *
   * @param after the new row, with the version that was read
   * @param alert the alert, or null if the change needs none
   * @return the row as stored, or null if it has been changed since it was read
   */
  public @Nullable AlertRow change(AlertRow after, @Nullable OutboxEvent alert)
      throws OutboxException {
    boolean isChanged =
        wait(
            store.run(
                (open, nowMillis) -> {
                  if (!change(open.connection(), after)) {
                    return false;
                  }
                  if (alert != null) {
                    open.rows().insert(open.takeId(), DESTINATION, alert, nowMillis);
                  }
                  return true;
                }));
    if (isChanged && alert != null) {
      store.due(DESTINATION);
    }
    return isChanged ? after.changed() : null;
  }

  private static boolean change(Connection connection, AlertRow row) throws SQLException {
    String sql =
        row.version() == 0
            ? "INSERT INTO alert (state, since, told_at, told, count, note, version, kind, subject)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, subject) DO NOTHING"
            : "UPDATE alert SET state = ?, since = ?, told_at = ?, told = ?, count = ?, note = ?,"
                + " version = ? WHERE kind = ? AND subject = ? AND version = ?";
    try (PreparedStatement change = connection.prepareStatement(sql)) {
      Instant toldAt = row.toldAt();
      change.setString(1, row.state());
      change.setLong(2, row.since().toEpochMilli());
      change.setObject(3, toldAt == null ? null : toldAt.toEpochMilli(), Types.BIGINT);
      change.setString(4, row.told());
      change.setLong(5, row.count());
      change.setString(6, row.note());
      change.setLong(7, row.version() + 1);
      change.setString(8, row.kind());
      change.setString(9, row.subject());
      if (row.version() > 0) {
        change.setLong(10, row.version());
      }
      return change.executeUpdate() == 1;
    }
  }

  private static boolean wait(CompletableFuture<Boolean> done) throws OutboxException {
    try {
      return done.get(TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutboxException("interrupted while an alert was stored", e);
    } catch (TimeoutException e) {
      throw new OutboxException("an alert was not stored within " + TIME.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof OutboxException failure
          ? failure
          : new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }
}
