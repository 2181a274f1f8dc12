package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.store.ClaimedRow;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.EventRows;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write, take and delete dead letters, in the transaction of a store. They
 * belong to the thread of that store.
 */
public final class DeadLetterStatements {

  private static final int EXPIRED_ROWS = 2000;

  private static final String INSERT =
      "INSERT INTO dead_letter (id, destination, message_id, type, accepted_at, attempts, reason,"
          + " detail, last_status, first_attempt_at, last_attempt_at, dead_at, webhooks, body,"
          + " trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private DeadLetterStatements() {}

  /** Adds a dead letter with that id. */
  public static void insert(Store store, long id, DeadLetter letter) throws SQLException {
    PreparedStatement insert = store.prepared(INSERT);
    OutboxEvent event = letter.event();
    insert.setLong(1, id);
    insert.setString(2, letter.destination());
    insert.setString(3, Store.text(event.messageId()));
    insert.setString(4, Store.text(event.type()));
    insert.setLong(5, event.acceptedAt().toEpochMilli());
    insert.setInt(6, event.attempts());
    insert.setString(7, letter.reason().json());
    insert.setString(8, Store.text(letter.detail()));
    insert.setObject(9, letter.lastStatus(), Types.INTEGER);
    insert.setObject(10, millis(letter.firstAttemptAt()), Types.BIGINT);
    insert.setObject(11, millis(letter.lastAttemptAt()), Types.BIGINT);
    insert.setLong(12, letter.deadAt().toEpochMilli());
    insert.setString(13, letter.webhooks());
    insert.setBytes(14, event.body());
    insert.setBytes(15, event.trace());
    insert.addBatch();
  }

  private static @Nullable Long millis(@Nullable Instant instant) {
    return instant == null ? null : instant.toEpochMilli();
  }

  /**
   * Makes a dead letter of a claimed row.
   *
   * @return false if the row is no longer this claim's: another node has claimed it, or an operator
   *     has deleted it
   */
  public static boolean giveUp(Store store, ClaimedRow claim, DeadLetter letter)
      throws SQLException {
    EventRows.Deleted deleted = store.rows().deleteClaimed(claim);
    if (deleted == null) {
      return false;
    }
    insert(store, claim.id(), letter);
    Long replay = deleted.replay();
    if (replay != null) {
      Integer status = letter.lastStatus();
      String outcome = status == null ? ReplayRows.NO_ANSWER : status.toString();
      ReplayRows.end(store, replay, claim.id(), outcome);
    }
    return true;
  }

  /** What is made of a dead letter that has been taken out of the store. */
  interface Taken {
    String destination(DeadLetter letter) throws SQLException;
  }

  /** Deletes those of the dead letters that are still there, and returns what was made of each. */
  static List<String> take(Store store, List<Long> ids, Taken taken) throws SQLException {
    // Whoever deletes a row has it: another node that wants the same one does not get it.
    String sql =
        "DELETE FROM dead_letter WHERE "
            + EventFilter.in(ids.stream())
            + " RETURNING "
            + DeadLetterColumns.ALL;
    List<String> all = new ArrayList<>();
    try (Statement delete = store.connection().createStatement();
        ResultSet rows = delete.executeQuery(sql)) {
      while (rows.next()) {
        all.add(taken.destination(DeadLetterColumns.letter(rows, 1)));
      }
    }
    return all;
  }

  /** Deletes a bounded number of dead letters that died before; returns whether more are left. */
  static boolean expire(Store store, long beforeMillis) throws SQLException {
    PreparedStatement expire =
        store.prepared(
            "DELETE FROM dead_letter WHERE id IN"
                + " (SELECT id FROM dead_letter WHERE dead_at < ? ORDER BY dead_at LIMIT ?)");
    expire.setLong(1, beforeMillis);
    expire.setInt(2, EXPIRED_ROWS);
    return expire.executeUpdate() == EXPIRED_ROWS;
  }
}
