package io.dromedary.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes and reads the rows of attempts. */
final class AttemptRows {

  /** The columns that {@link #read} reads. */
  static final String COLUMNS =
      "seq, at, destination, webhook, webhook_name, message_id, type, number, outcome, class,"
          + " status, took_micros, detail, next_at, because, origin";

  private static final String INSERT =
      "INSERT INTO attempt_history (node, interesting, bytes, at, destination, webhook, webhook_name,"
          + " message_id, type, number, outcome, class, status, took_micros, detail, next_at, because,"
          + " origin, user_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final int PIECE = 1000;

  private AttemptRows() {}

  static void insert(Connection connection, String node, List<BufferedRecord> all)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      int left = 0;
      for (BufferedRecord each : all) {
        set(insert, node, each);
        insert.addBatch();
        if (++left == PIECE) {
          insert.executeBatch();
          left = 0;
        }
      }
      if (left > 0) {
        insert.executeBatch();
      }
    }
  }

  private static void set(PreparedStatement insert, String node, BufferedRecord kept)
      throws SQLException {
    AttemptRecord attempt = kept.attempt();
    insert.setString(1, node);
    insert.setInt(2, kept.isInteresting() ? 1 : 0);
    insert.setInt(3, attempt.bytes());
    insert.setLong(4, attempt.at().toEpochMilli());
    insert.setString(5, attempt.destination());
    insert.setInt(6, attempt.webhook());
    insert.setString(7, attempt.webhookName());
    insert.setString(8, text(attempt.messageId()));
    insert.setString(9, text(attempt.type()));
    insert.setInt(10, attempt.number());
    insert.setString(11, attempt.outcome());
    insert.setString(12, attempt.attemptClass());
    Integer status = attempt.status();
    setLong(insert, 13, status == null ? null : status.longValue(), Types.INTEGER);
    insert.setLong(14, TimeUnit.NANOSECONDS.toMicros(attempt.took().toNanos()));
    setText(insert, 15, attempt.detail());
    Instant next = attempt.nextAt();
    setLong(insert, 16, next == null ? null : next.toEpochMilli(), Types.BIGINT);
    setText(insert, 17, attempt.because());
    insert.setString(18, attempt.origin().json());
    setLong(insert, 19, kept.user(), Types.BIGINT);
  }

  private static void setText(PreparedStatement insert, int column, @Nullable String value)
      throws SQLException {
    if (value == null) {
      insert.setNull(column, Types.VARCHAR);
    } else {
      insert.setString(column, text(value));
    }
  }

  private static void setLong(PreparedStatement insert, int column, @Nullable Long value, int type)
      throws SQLException {
    if (value == null) {
      insert.setNull(column, type);
    } else {
      insert.setLong(column, value);
    }
  }

  /** Replaces the zero character, which is the only one that PostgreSQL does not accept. */
  static String text(String value) {
    return value.indexOf('\0') < 0 ? value : value.replace('\0', '\uFFFD');
  }

  static List<AttemptRecord> read(ResultSet rows) throws SQLException {
    List<AttemptRecord> all = new ArrayList<>();
    while (rows.next()) {
      Long status = number(rows, 11);
      Long next = number(rows, 14);
      all.add(
          new AttemptRecord(
              rows.getLong(1),
              Instant.ofEpochMilli(rows.getLong(2)),
              rows.getString(3),
              rows.getInt(4),
              rows.getString(5),
              rows.getString(6),
              rows.getString(7),
              rows.getInt(8),
              rows.getString(9),
              rows.getString(10),
              status == null ? null : status.intValue(),
              Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(rows.getLong(12))),
              rows.getString(13),
              next == null ? null : Instant.ofEpochMilli(next),
              rows.getString(15),
              Origin.of(rows.getString(16))));
    }
    return all;
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }
}
