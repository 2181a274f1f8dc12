package io.dromedary.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads a history, each time on a new connection and with a time limit. Thread-safe. */
final class HistoryReader {

  private static final int MOST_POINTS = 10_000;
  private static final int FIRST_SAMPLES = 3;
  private static final int LAST_SAMPLES = 7;
  private static final long READ_SECONDS = 5;

  private final HistoryPlace place;
  private final HistoryWriter writer;
  private final RecentPoints points;
  private final String node;

  HistoryReader(HistoryPlace place, HistoryWriter writer, RecentPoints points, String node) {
    this.place = place;
    this.writer = writer;
    this.points = points;
    this.node = node;
  }

  /** Maps the rows of a result. */
  private interface Rows<T> {
    T read(ResultSet rows) throws SQLException;
  }

  /** Reads on a connection. */
  private interface Reading<T> {
    T read(Connection connection) throws SQLException;
  }

  private <T> T read(Reading<T> reading) throws HistoryException {
    writer.catchUp();
    try (Connection connection = place.connectToRead()) {
      T found = reading.read(connection);
      connection.rollback();
      return found;
    } catch (SQLException e) {
      if (e instanceof LateException) {
        throw new HistoryException(String.valueOf(e.getMessage()), e);
      }
      writer.report(e);
      throw new HistoryException(
          "the history of attempts (" + place.name() + ") cannot be read: " + e.getMessage(), e);
    }
  }

  /** Thrown if a statement was cancelled at the time limit. */
  private static final class LateException extends SQLException {
    private static final long serialVersionUID = 1L;

    LateException(SQLException cause) {
      super(
          "the history could not be read within "
              + READ_SECONDS
              + " s: narrow it down, by after and before",
          cause);
    }
  }

  private static <T> T query(Connection connection, String sql, List<Object> values, Rows<T> made)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        query.setObject(i + 1, values.get(i));
      }
      CompletableFuture<Boolean> late =
          CompletableFuture.supplyAsync(
              () -> cancel(query),
              CompletableFuture.delayedExecutor(READ_SECONDS, TimeUnit.SECONDS));
      try (ResultSet rows = query.executeQuery()) {
        return made.read(rows);
      } catch (SQLException e) {
        throw late.isDone() ? new LateException(e) : e;
      } finally {
        late.cancel(false);
      }
    }
  }

  private static boolean cancel(PreparedStatement query) {
    try {
      query.cancel();
    } catch (SQLException e) {
      // The query has just ended.
    }
    return true;
  }

  List<AttemptRecord> attempts(AttemptFilter filter, @Nullable Long beforeSeq, int limit)
      throws HistoryException {
    AttemptQuery query = new AttemptQuery(filter).add("seq < ?", beforeSeq);
    return read(connection -> rows(connection, query, "seq DESC", limit));
  }

  List<AttemptRecord> since(long afterSeq, AttemptFilter filter, int limit)
      throws HistoryException {
    AttemptQuery query = new AttemptQuery(filter).add("seq > ?", afterSeq);
    return read(connection -> rows(connection, query, "seq", limit));
  }

  List<AttemptRecord> ofEvent(String messageId, int limit) throws HistoryException {
    AttemptQuery query =
        new AttemptQuery(AttemptFilter.ALL).add("message_id = ?", AttemptRows.text(messageId));
    // If there are more, the latest are read.
    List<AttemptRecord> found =
        new ArrayList<>(read(connection -> rows(connection, query, "seq DESC", limit)));
    Collections.reverse(found);
    return found;
  }

  private static List<AttemptRecord> rows(
      Connection connection, AttemptQuery query, String order, int limit) throws SQLException {
    return query(
        connection,
        "SELECT "
            + AttemptRows.COLUMNS
            + " FROM attempt_history WHERE "
            + query.where()
            + " ORDER BY "
            + order
            + " LIMIT "
            + limit,
        query.values,
        AttemptRows::read);
  }

  List<Rollup> rollups(
      String destination, @Nullable Integer webhook, Instant from, Instant to, Duration step)
      throws HistoryException {
    long stepMillis = step.toMillis();
    if (stepMillis < RecentPoints.STEP_MILLIS
        || Duration.between(from, to).toMillis() / stepMillis > MOST_POINTS) {
      throw new IllegalArgumentException(
          "expected steps of 10 s or more, and at most " + MOST_POINTS + " of them");
    }
    SortedMap<Long, Counts> sums = new TreeMap<>();
    read(
        connection -> {
          for (int each : webhooks(connection, destination, webhook)) {
            sum(connection, sums, destination, each, from, to, stepMillis);
          }
          return true;
        });
    return rollups(sums);
  }

  /**
   * Returns the counts of every webhook, by destination and number. They are read by one statement,
   * since one per webhook would take seconds if there are hundreds of them.
   */
  Map<String, Map<Integer, List<Rollup>>> all(Instant from, Instant to, Duration step)
      throws HistoryException {
    long stepMillis = step.toMillis();
    int kept = stepMillis < Rollups.HOUR * 1000L ? Rollups.MINUTE : Rollups.HOUR;
    Map<String, Map<Integer, SortedMap<Long, Counts>>> sums = new TreeMap<>();
    read(
        connection ->
            query(
                connection,
                "SELECT destination, webhook, at, ended, attempt_micros, delivery_millis"
                    + " FROM attempt_rollup WHERE step = ? AND at >= ? AND at < ?",
                List.of(kept, from.toEpochMilli(), to.toEpochMilli()),
                rows -> {
                  while (rows.next()) {
                    Counts sum =
                        sums.computeIfAbsent(rows.getString(1), key -> new TreeMap<>())
                            .computeIfAbsent(rows.getInt(2), key -> new TreeMap<>())
                            .computeIfAbsent(
                                rows.getLong(3) / stepMillis * stepMillis, key -> new Counts());
                    sum.addEnded(rows.getString(4));
                    sum.attempts.add(rows.getBytes(5));
                    sum.deliveries.add(rows.getBytes(6));
                  }
                  return true;
                }));
    Map<String, Map<Integer, List<Rollup>>> all = new TreeMap<>();
    sums.forEach(
        (destination, webhooks) ->
            webhooks.forEach(
                (webhook, counts) ->
                    all.computeIfAbsent(destination, key -> new TreeMap<>())
                        .put(webhook, rollups(counts))));
    return all;
  }

  private static List<Rollup> rollups(SortedMap<Long, Counts> sums) {
    List<Rollup> all = new ArrayList<>();
    sums.forEach((at, counts) -> all.add(new Rollup(Instant.ofEpochMilli(at), counts)));
    return all;
  }

  /** The webhook, or all webhooks if it is null, and 0 for the destination itself. */
  private static Iterable<Integer> webhooks(
      Connection connection, String destination, @Nullable Integer webhook) throws SQLException {
    if (webhook != null) {
      return new TreeSet<>(List.of(0, webhook));
    }
    return query(
        connection,
        "SELECT DISTINCT webhook FROM attempt_rollup WHERE step = ? AND destination = ?",
        List.of(Rollups.HOUR, destination),
        rows -> {
          TreeSet<Integer> found = new TreeSet<>();
          while (rows.next()) {
            found.add(rows.getInt(1));
          }
          return found;
        });
  }

  private void sum(
      Connection connection,
      SortedMap<Long, Counts> sums,
      String destination,
      int webhook,
      Instant from,
      Instant to,
      long stepMillis)
      throws SQLException {
    int kept = stepMillis < Rollups.HOUR * 1000L ? Rollups.MINUTE : Rollups.HOUR;
    long first = Long.MAX_VALUE;
    if (stepMillis < Rollups.MINUTE * 1000L) {
      first =
          points.addTo(
              sums, destination, webhook, from.toEpochMilli(), to.toEpochMilli(), stepMillis);
    }
    // There are no points of other nodes, or from before the start. Minutes take their place.
    long pointsFrom = first;
    query(
        connection,
        "SELECT at, ended, attempt_micros, delivery_millis, node FROM attempt_rollup WHERE step = ?"
            + " AND destination = ? AND webhook = ? AND at >= ? AND at < ?",
        List.of(kept, destination, webhook, from.toEpochMilli(), to.toEpochMilli()),
        rows -> {
          while (rows.next()) {
            long at = rows.getLong(1);
            if (at <= pointsFrom - Rollups.MINUTE * 1000L || !rows.getString(5).equals(node)) {
              Counts sum = sums.computeIfAbsent(at / stepMillis * stepMillis, key -> new Counts());
              sum.addEnded(rows.getString(2));
              sum.attempts.add(rows.getBytes(3));
              sum.deliveries.add(rows.getBytes(4));
            }
          }
          return true;
        });
  }

  List<ErrorGroup> errors(String destination, int webhook, Instant from, Instant now)
      throws HistoryException {
    Duration back = Duration.between(from, now);
    Duration step =
        back.compareTo(Duration.ofHours(24)) > 0 ? Duration.ofHours(1) : Duration.ofMinutes(1);
    long stepMillis = step.toMillis();
    Instant begin = Instant.ofEpochMilli(from.toEpochMilli() / stepMillis * stepMillis);
    return read(
        connection -> {
          SortedMap<Long, Counts> sums = new TreeMap<>();
          sum(connection, sums, destination, webhook, begin, now.plusSeconds(1), stepMillis);
          Counts all = new Counts();
          sums.values().forEach(all::add);
          List<ErrorGroup> groups = new ArrayList<>();
          for (Map.Entry<String, Long> each : all.failed().entrySet()) {
            List<AttemptRecord> samples =
                samples(connection, destination, webhook, each.getKey(), from);
            groups.add(
                new ErrorGroup(
                    each.getKey(),
                    each.getValue(),
                    samples.isEmpty() ? null : samples.get(samples.size() - 1).at(),
                    samples));
          }
          groups.sort((one, other) -> Long.compare(other.count(), one.count()));
          return groups;
        });
  }

  private static List<AttemptRecord> samples(
      Connection connection, String destination, int webhook, String attemptClass, Instant from)
      throws SQLException {
    String where =
        "SELECT "
            + AttemptRows.COLUMNS
            + " FROM attempt_history WHERE outcome IN ('temporary', 'permanent')"
            + " AND destination = ? AND webhook = ? AND class = ? AND at >= ? ORDER BY seq";
    List<Object> values = List.of(destination, webhook, attemptClass, from.toEpochMilli());
    TreeMap<Long, AttemptRecord> samples = new TreeMap<>();
    for (String order : List.of(" LIMIT " + FIRST_SAMPLES, " DESC LIMIT " + LAST_SAMPLES)) {
      query(connection, where + order, values, AttemptRows::read)
          .forEach(sample -> samples.put(sample.seq(), sample));
    }
    return List.copyOf(samples.values());
  }
}
