package io.dromedary.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The replays of an outbox's dead letters. Their progress is counted from rows of the store, so a
 * crash or a restart does not lose it, and every node sees the same. The store keeps a replay for
 * as long as it keeps a dead letter. Reading does not delay commits. Thread-safe.
 */
public final class Replays {

  /** The largest number of replays that {@link #latest} returns. */
  public static final int MOST_LISTED = 20;

  private static final int MOST_STANDING = 200;

  private static final Duration READ_TIME = Duration.ofSeconds(10);

  /**
   * Reads all counts in one statement, as of one instant. With several statements, an event that
   * ends in between would count twice or not at all.
   */
  private static final String PROGRESS =
      "SELECT 0, CAST(rate AS TEXT), events, restored, started_at, stopped_at"
          + " FROM replay WHERE id = ?"
          + " UNION ALL SELECT 1, '', count(*), 0, 0, max(due_at) FROM outbox WHERE replay = ?"
          + " UNION ALL SELECT 2, outcome, count(*), 0, 0, 0"
          + " FROM replay_end WHERE replay = ? GROUP BY outcome";

  private final Outbox outbox;

  Replays(Outbox outbox) {
    this.outbox = outbox;
  }

  /** Returns the replay with that number, or null. */
  public @Nullable ReplayProgress get(long id) throws OutboxException {
    List<ReplayProgress> found = read(" WHERE id = ?", List.of(id));
    return found.isEmpty() ? null : found.get(0);
  }

  /** Returns the latest replays, newest first. */
  public List<ReplayProgress> latest() throws OutboxException {
    return read(" ORDER BY id DESC LIMIT ?", List.of(MOST_LISTED));
  }

  private List<ReplayProgress> read(String which, List<Object> values) throws OutboxException {
    try (StoreReading reading = new StoreReading(outbox, READ_TIME, "replays")) {
      List<Long> ids =
          reading.read(
              "SELECT id FROM replay" + which,
              values,
              rows -> {
                List<Long> all = new ArrayList<>();
                while (rows.next()) {
                  all.add(rows.getLong(1));
                }
                return all;
              });
      List<ReplayProgress> all = new ArrayList<>();
      for (Long id : ids) {
        all.add(reading.read(PROGRESS, List.of(id, id, id), rows -> progress(id, rows)));
      }
      return all;
    }
  }

  private static ReplayProgress progress(long id, ResultSet rows) throws SQLException {
    long started = 0;
    Long stopped = null;
    int rate = 0;
    long events = 0;
    long restored = 0;
    long deleted = 0;
    long waiting = 0;
    Long lastDue = null;
    Map<String, Long> dead = new TreeMap<>();
    long ended = 0;
    while (rows.next()) {
      long count = rows.getLong(3);
      switch (rows.getInt(1)) {
        case 0 -> {
          rate = rows.getInt(2);
          events = count;
          restored = rows.getLong(4);
          started = rows.getLong(5);
          stopped = number(rows, 6);
        }
        case 1 -> {
          waiting = count;
          lastDue = number(rows, 6);
        }
        default -> {
          ended += count;
          if (rows.getString(2).equals(ReplayRows.DELETED)) {
            deleted = count;
          } else {
            dead.put(rows.getString(2), count);
          }
        }
      }
    }
    return new ReplayProgress(
        id,
        Instant.ofEpochMilli(started),
        stopped == null ? null : Instant.ofEpochMilli(stopped),
        rate,
        events,
        waiting,
        events - waiting - ended - restored,
        dead,
        deleted,
        restored,
        lastDue == null ? null : Instant.ofEpochMilli(lastDue));
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  /**
   * The state of a replay, as far as it is known without counting its events.
   *
   * @param events the number of dead letters it has put back into the outbox so far
   * @param waits whether any of them is still pending
   */
  public record Standing(long id, long events, boolean waits) {}

  /**
   * Returns replays, latest first, at most {@value #MOST_STANDING}. Each costs one lookup in an
   * index.
   *
   * @param after replays with a higher number are included
   * @param ids replays with these numbers are included as well
   */
  public List<Standing> standing(long after, Collection<Long> ids) throws OutboxException {
    String these = ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    try (StoreReading reading = new StoreReading(outbox, READ_TIME, "replays")) {
      return reading.read(
          "SELECT id, events, CASE WHEN EXISTS"
              + " (SELECT 1 FROM outbox WHERE outbox.replay = replay.id) THEN 1 ELSE 0 END"
              + " FROM replay WHERE id > ?"
              + (ids.isEmpty() ? "" : " OR id IN (" + these + ")")
              + " ORDER BY id DESC LIMIT ?",
          List.of(after, MOST_STANDING),
          rows -> {
            List<Standing> all = new ArrayList<>();
            while (rows.next()) {
              all.add(new Standing(rows.getLong(1), rows.getLong(2), rows.getInt(3) == 1));
            }
            return all;
          });
    }
  }

  /**
   * Stops a replay. Those of its events that are not due yet become the same dead letters again as
   * before, with their reasons and instants. Events that are due are still delivered.
   *
   * @return the number of events that are dead letters again, or null if there is no replay with
   *     that number
   */
  public @Nullable Long stop(long id) throws OutboxException {
    long now =
        outbox.runAndWait(
            (store, nowMillis) ->
                ReplayRows.stop(store.connection(), id, nowMillis) ? nowMillis : 0L);
    if (now == 0) {
      return null;
    }
    Instant stopped = Instant.ofEpochMilli(now);
    PendingFilter notDue =
        new PendingFilter(
            EventFilter.ALL,
            event -> event.dueAt().isAfter(stopped) && ReplayedLetter.of(event) != null,
            id);
    return outbox
        .pendingEvents()
        .change(
            notDue, (store, nowMillis, events) -> restore(store, id, stopped, events), events -> {})
        .events();
  }

  private static List<PendingEvent> restore(
      Store store, long replay, Instant stopped, List<PendingEvent> events) throws SQLException {
    List<PendingEvent> restored = new ArrayList<>();
    for (PendingEvent event : events) {
      DeadLetter letter = ReplayedLetter.of(event);
      // The row is read again within the transaction: the event may have been attempted meanwhile.
      if (letter != null && event.dueAt().isAfter(stopped)) {
        store.insertDead(event.id(), letter);
        restored.add(event);
      }
    }
    if (!restored.isEmpty()) {
      PendingEvents.Done unused = PendingEvents.delete(store, restored, null);
      ReplayRows.restored(store.connection(), replay, restored.size());
    }
    return restored;
  }
}
