package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.pending.PendingRows;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreReading;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
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

  private final StoreAccess store;
  private final PendingEvents pendingEvents;
  private final DeadLetters deadLetters;
  private final Duration longestWait;
  private final Function<String, LongAdder> replayed;

  /**
   * The replays of a store.
   *
   * @param longestWait how far ahead an event may be due
   * @param replayed counts the replayed dead letters of a destination
   */
  public Replays(
      StoreAccess store,
      PendingEvents pendingEvents,
      DeadLetters deadLetters,
      Duration longestWait,
      Function<String, LongAdder> replayed) {
    this.store = store;
    this.pendingEvents = pendingEvents;
    this.deadLetters = deadLetters;
    this.longestWait = longestWait;
    this.replayed = replayed;
  }

  /**
   * The result of starting a replay.
   *
   * @param refused how many dead letters cannot be replayed, since they never were events
   * @param id the number of the replay, or null if there was nothing to replay
   */
  public record Started(long replayed, long refused, @Nullable Long id) {}

  /**
   * Puts dead letters back into the outbox, the oldest first. Each is an event without attempts,
   * and its retry window counts from when it is due. A crash loses nothing: before and after each
   * transaction, each dead letter is in exactly one place.
   *
   * @param ratePerSecond how many become due in a second; they are stored as fast as possible
   * @param limit how many at the most; no more are ever replayed at once than become due within the
   *     retry window
   * @throws OutboxException saying how many were replayed before the store failed
   */
  public Started start(DeadLetterFilter filter, int ratePerSecond, long limit)
      throws OutboxException {
    long refused = deadLetters.count(filter).getOrDefault(Reason.INVALID, 0L);
    // A row that is due later is taken for one that was written by a wrong clock.
    long most = Math.min(limit, ratePerSecond * longestWait.toSeconds());
    ReplayChange replay = new ReplayChange(ratePerSecond);
    try {
      long count =
          new DeadLetterChanges(store, READ_TIME)
              .change(
                  filter.event(),
                  filter.conditions().add("reason <> 'invalid'"),
                  most,
                  replay,
                  destination -> {
                    replay.stored();
                    replayed.apply(destination).increment();
                  });
      return new Started(count, refused, replay.id());
    } finally {
      replay.end(store);
    }
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
    try (StoreReading reading = store.read(READ_TIME, "replays")) {
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
        all.add(ReplayProgressRows.read(reading, id));
      }
      return all;
    }
  }

  /**
   * The state of a replay, as far as it is known without counting its events.
   *
   * @param goesOn whether some of its events are pending, or may still be put back
   */
  public record Standing(long id, boolean goesOn) {}

  /**
   * Returns replays, latest first, at most {@value #MOST_STANDING}. Each costs one lookup in an
   * index.
   *
   * @param after replays with a higher number are included
   * @param ids replays with these numbers are included as well
   */
  public List<Standing> standing(long after, Collection<Long> ids) throws OutboxException {
    String these = ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    try (StoreReading reading = store.read(READ_TIME, "replays")) {
      return reading.read(
          "SELECT id, CASE WHEN adding_until IS NOT NULL OR EXISTS"
              + " (SELECT 1 FROM outbox WHERE outbox.replay = replay.id) THEN 1 ELSE 0 END"
              + " FROM replay WHERE id > ?"
              + (ids.isEmpty() ? "" : " OR id IN (" + these + ")")
              + " ORDER BY id DESC LIMIT ?",
          List.of(after, MOST_STANDING),
          rows -> {
            List<Standing> all = new ArrayList<>();
            while (rows.next()) {
              all.add(new Standing(rows.getLong(1), rows.getInt(2) == 1));
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
        store.runAndWait(
            (open, nowMillis) ->
                ReplayRows.stop(open.connection(), id, nowMillis) ? nowMillis : 0L);
    if (now == 0) {
      return null;
    }
    Instant stopped = Instant.ofEpochMilli(now);
    PendingFilter notDue =
        new PendingFilter(
            EventFilter.ALL,
            event -> event.dueAt().isAfter(stopped) && ReplayedLetter.of(event) != null,
            id);
    return pendingEvents
        .change(
            notDue, (open, nowMillis, events) -> restore(open, id, stopped, events), events -> {})
        .events();
  }

  private static List<PendingEvent> restore(
      Store store, long replay, Instant stopped, List<PendingEvent> events) throws SQLException {
    List<PendingEvent> restored = new ArrayList<>();
    for (PendingEvent event : events) {
      DeadLetter letter = ReplayedLetter.of(event);
      // The row is read again within the transaction: the event may have been attempted meanwhile.
      if (letter != null && event.dueAt().isAfter(stopped)) {
        DeadLetterStatements.insert(store, event.id(), letter);
        restored.add(event);
      }
    }
    if (!restored.isEmpty()) {
      PendingRows.Done unused = PendingRows.delete(store, restored, null);
      ReplayRows.restored(store.connection(), replay, restored.size());
    }
    return restored;
  }
}
