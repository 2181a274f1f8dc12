package io.dromedary.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The events of an outbox that are not done, for an operator. They are looked at in the order of
 * their ids, piece by piece, on a connection that hinders no commit; what is changed is changed by
 * the outbox's writer, in pieces too. Thread-safe.
 *
 * <p>An event that a process has in memory, because it is being sent or waits a short while, is
 * neither hastened nor given up: what would come of that is not known before. It can be deleted: an
 * attempt that is under way is not broken off, and the event is gone when it has ended.
 */
public final class PendingEvents {

  /** How many events {@link #list} returns at the most. */
  public static final int MOST_LISTED = 1000;

  private static final int PIECE_ROWS = 500;

  /** For how long an operator waits for a page, or a count. */
  private static final Duration READ_TIME = Duration.ofSeconds(10);

  private static final String COLUMNS =
      "id, destination, message_id, type, accepted_at, due_at, attempts, progress, body,"
          + " trace";

  private final Outbox outbox;

  PendingEvents(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * Some events, the oldest first.
   *
   * @param next the id behind which the next page begins, or null where there is none
   */
  public record Page(List<PendingEvent> events, @Nullable Long next) {}

  /**
   * A count.
   *
   * @param isWhole false where it took too long to look at all events
   */
  public record Count(long events, boolean isWhole) {}

  /**
   * What was done.
   *
   * @param inMemory events that are meant and that a process has in memory
   */
  public record Changed(long events, long inMemory) {
    Changed plus(Changed more) {
      return new Changed(events + more.events, inMemory + more.inMemory);
    }
  }

  /**
   * Lists events, the oldest first. Where few are meant of very many, a page may be short and have
   * a next one all the same.
   *
   * @param after the id behind which the page begins, 0 for the first
   * @param bytes behind so many the page ends, since each event may have many
   */
  public Page list(PendingFilter filter, long after, int limit, long bytes) throws OutboxException {
    List<PendingEvent> found = new ArrayList<>();
    long end = System.nanoTime() + READ_TIME.toNanos();
    long left = bytes;
    try (Pieces pieces = new Pieces(filter, after)) {
      while (pieces.next()) {
        for (PendingEvent event : pieces.piece) {
          if (found.size() >= Math.min(limit, MOST_LISTED) || left <= 0) {
            return new Page(found, found.get(found.size() - 1).id());
          }
          found.add(event);
          left -= event.event().body().length;
        }
        if (System.nanoTime() - end > 0) {
          return new Page(found, pieces.last);
        }
      }
    }
    return new Page(found, null);
  }

  /** Counts events. */
  public Count count(PendingFilter filter) throws OutboxException {
    long events = 0;
    long end = System.nanoTime() + READ_TIME.toNanos();
    try (Pieces pieces = new Pieces(filter, 0)) {
      while (pieces.next()) {
        events += pieces.piece.size();
        if (System.nanoTime() - end > 0) {
          return new Count(events, false);
        }
      }
    }
    return new Count(events, true);
  }

  /**
   * Has events be due now.
   *
   * @param progress what becomes of how far a delivery has come, so that nothing of it makes the
   *     event wait
   */
  public Changed tryNow(PendingFilter filter, UnaryOperator<String> progress)
      throws OutboxException {
    return change(
        filter,
        (store, nowMillis, events) -> {
          for (PendingEvent each : events) {
            OutboxEvent event = each.event();
            String come = event.progress();
            store
                .dueRows()
                .hasten(
                    each.id(),
                    each.destination(),
                    event.attempts(),
                    nowMillis,
                    come == null ? null : progress.apply(come));
          }
          return events;
        },
        events -> {});
  }

  /**
   * Gives events up.
   *
   * @param letter what is kept of each
   */
  public Changed giveUp(PendingFilter filter, Function<PendingEvent, DeadLetter> letter)
      throws OutboxException {
    return change(
        filter,
        (store, nowMillis, events) -> {
          Done unused = delete(store, events, ReplayRows.CANCELLED);
          for (PendingEvent each : events) {
            store.insertDead(each.id(), letter.apply(each));
          }
          return events;
        },
        events -> events.forEach(each -> outbox.tell(letter.apply(each).withId(each.id()))));
  }

  /** Deletes events for good, those in memory too. */
  public Changed delete(PendingFilter filter) throws OutboxException {
    return delete(filter, deleted -> {});
  }

  /**
   * The same.
   *
   * @param told hears of those that were deleted, piece by piece
   */
  public Changed delete(PendingFilter filter, Consumer<List<PendingEvent>> told)
      throws OutboxException {
    Changed all = new Changed(0, 0);
    try (Pieces pieces = new Pieces(filter, 0)) {
      while (pieces.next()) {
        List<PendingEvent> piece = pieces.piece;
        if (!piece.isEmpty()) {
          Done done =
              outbox.runAndWait((store, nowMillis) -> delete(store, piece, ReplayRows.DELETED));
          told.accept(done.events());
          all = all.plus(new Changed(done.events().size(), done.inMemory()));
        }
      }
      return all;
    }
  }

  /** What is done to some events in a transaction; returns those to which it was done. */
  interface Change {
    List<PendingEvent> apply(Store store, long nowMillis, List<PendingEvent> events)
        throws SQLException;
  }

  /** What a transaction has come to. */
  record Done(List<PendingEvent> events, long inMemory) {}

  /**
   * Changes events that no process has in memory.
   *
   * @param told of those that were changed, behind each commit
   */
  Changed change(PendingFilter filter, Change change, Consumer<List<PendingEvent>> told)
      throws OutboxException {
    Changed all = new Changed(0, 0);
    try (Pieces pieces = new Pieces(filter, 0)) {
      while (pieces.next()) {
        List<PendingEvent> piece = pieces.piece;
        if (piece.isEmpty()) {
          continue;
        }
        Done done = outbox.runAndWait((store, nowMillis) -> apply(store, nowMillis, piece, change));
        told.accept(done.events());
        Set<String> destinations = new HashSet<>();
        done.events().forEach(each -> destinations.add(each.destination()));
        destinations.forEach(outbox::due);
        all = all.plus(new Changed(done.events().size(), done.inMemory()));
      }
      return all;
    }
  }

  /** Does something to those that are still there and that nobody has claimed. */
  private static Done apply(Store store, long nowMillis, List<PendingEvent> events, Change change)
      throws SQLException {
    List<PendingEvent> free = new ArrayList<>();
    long inMemory = 0;
    String where = " FROM outbox WHERE " + EventFilter.in(events.stream().map(PendingEvent::id));
    try (Statement query = store.connection().createStatement();
        ResultSet rows =
            query.executeQuery(
                store.isHeld() ? "SELECT " + COLUMNS + where : freeAndClaimed(where))) {
      while (rows.next()) {
        if (isClaimed(store, rows, 11)) {
          inMemory++;
        } else {
          free.add(event(rows, false));
        }
      }
    }
    return new Done(free.isEmpty() ? free : change.apply(store, nowMillis, free), inMemory);
  }

  /** Those that nobody has claimed are locked. A claimed one is its node's, and only counted. */
  private static String freeAndClaimed(String where) {
    return "WITH free AS (SELECT "
        + COLUMNS
        + ", claim_token"
        + where
        + " AND claim_token IS NULL FOR UPDATE SKIP LOCKED) SELECT * FROM free UNION ALL SELECT id,"
        + " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, claim_token"
        + where
        + " AND claim_token IS NOT NULL";
  }

  /**
   * Whether a process has an event in memory.
   *
   * @param tokenColumn which has the token of the claim, where the rows say it
   */
  private static boolean isClaimed(Store store, ResultSet row, int tokenColumn)
      throws SQLException {
    return store.isHeld() ? store.isHeld(row.getLong(1)) : row.getObject(tokenColumn) != null;
  }

  /** Deletes rows; an outcome that is not null is noted for the replay that they come from. */
  static Done delete(Store store, List<PendingEvent> events, @Nullable String outcome)
      throws SQLException {
    Map<Long, PendingEvent> byId = new HashMap<>();
    events.forEach(each -> byId.put(each.id(), each));
    List<PendingEvent> deleted = new ArrayList<>();
    long inMemory = 0;
    String ids = EventFilter.in(events.stream().map(PendingEvent::id));
    if (outcome != null) {
      ReplayRows.end(store.connection(), ids, outcome);
    }
    String sql =
        "DELETE FROM outbox WHERE "
            + ids
            + " RETURNING id"
            + (store.isHeld() ? "" : ", claim_token");
    try (Statement delete = store.connection().createStatement();
        ResultSet rows = delete.executeQuery(sql)) {
      while (rows.next()) {
        deleted.add(Objects.requireNonNull(byId.get(rows.getLong(1))));
        inMemory += isClaimed(store, rows, 2) ? 1 : 0;
        store.deleted(rows.getLong(1));
      }
    }
    return new Done(deleted, inMemory);
  }

  private static PendingEvent event(ResultSet row, boolean isClaimed) throws SQLException {
    return new PendingEvent(
        row.getLong(1),
        row.getString(2),
        new OutboxEvent(
            row.getString(3),
            row.getString(4),
            Instant.ofEpochMilli(row.getLong(5)),
            row.getBytes(9),
            row.getInt(7),
            row.getString(8),
            row.getBytes(10)),
        Instant.ofEpochMilli(row.getLong(6)),
        isClaimed);
  }

  /** The events that are meant, piece by piece. */
  private final class Pieces implements AutoCloseable {

    private final PendingFilter filter;
    private final Conditions conditions = new Conditions();
    private final StoreReading reading;

    /** Those of the last piece that are meant; there may be none, and others behind them. */
    private List<PendingEvent> piece = List.of();

    /** The id behind which the next piece begins. */
    private long last;

    Pieces(PendingFilter filter, long after) throws OutboxException {
      this.filter = filter;
      this.last = after;
      filter.event().addTo(conditions, "accepted_at");
      conditions.add("replay = ?", filter.replay());
      reading = new StoreReading(outbox, READ_TIME, "pending events");
    }

    /** Reads the next piece; returns false where there is none. */
    boolean next() throws OutboxException {
      boolean isWritten = !outbox.isHeld();
      Set<Long> inMemory = isWritten ? Set.of() : outbox.inMemoryIds();
      String sql =
          "SELECT "
              + COLUMNS
              + (isWritten ? ", claim_token" : "")
              + " FROM outbox WHERE "
              + conditions
              + " AND id > ? ORDER BY id LIMIT "
              + PIECE_ROWS;
      List<PendingEvent> found = new ArrayList<>();
      long before = last;
      reading.read(
          sql,
          conditions.valuesAnd(last),
          rows -> {
            while (rows.next()) {
              last = rows.getLong(1);
              boolean isClaimed = isWritten ? rows.getObject(11) != null : inMemory.contains(last);
              PendingEvent event = event(rows, isClaimed);
              if (filter.includes(event)) {
                found.add(event);
              }
            }
            return found;
          });
      piece = found;
      return last > before;
    }

    @Override
    public void close() {
      reading.close();
    }
  }
}
