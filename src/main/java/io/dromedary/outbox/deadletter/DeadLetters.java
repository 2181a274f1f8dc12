package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterRows.Order;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.pending.PendingRows;
import io.dromedary.outbox.store.Conditions;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreReading;
import io.dromedary.settings.HeapShare;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of an outbox, for an operator. Reads take ten seconds at the most, on a
 * connection of their own, so that no commit waits for them. Changes find dead letters in the same
 * way; the writer of the store then changes them in pieces, by their ids. Thread-safe.
 */
public final class DeadLetters {

  /** The most dead letters that {@link #list} returns. */
  public static final int MOST_LISTED = 1000;

  /** Copies of a page in memory: the rows, their JSON, and the response. */
  private static final int PAGE_COPIES = 4;

  /** A page ends once its dead letters have this many bytes. */
  public static final long PAGE_BYTES =
      Math.min(8 << 20, HeapShare.DEAD_LETTER_PAGE.bytes() / PAGE_COPIES);

  /** Rows that are read at once. */
  private static final int PIECE_ROWS = 500;

  private static final Duration READ_TIME = Duration.ofSeconds(10);

  /** For errors of reading. */
  static final String NAME = "dead letters";

  private final StoreAccess store;
  private final PendingEvents pendingEvents;
  private final Consumer<DeadLetter> givenUp;
  private final Duration readTime;

  /**
   * The dead letters of a store.
   *
   * @param givenUp is told each event that is given up here, after the commit
   */
  public DeadLetters(StoreAccess store, PendingEvents pendingEvents, Consumer<DeadLetter> givenUp) {
    this(store, pendingEvents, givenUp, READ_TIME);
  }

  public DeadLetters(
      StoreAccess store,
      PendingEvents pendingEvents,
      Consumer<DeadLetter> givenUp,
      Duration readTime) {
    this.store = store;
    this.pendingEvents = pendingEvents;
    this.givenUp = givenUp;
    this.readTime = readTime;
  }

  /**
   * A position in the order of deaths, from which a page goes on.
   *
   * @param deadMillis milliseconds since 1970
   */
  public record Place(long deadMillis, long id) {
    static final Place FIRST = new Place(Long.MIN_VALUE, 0);
    private static final Place LAST = new Place(Long.MAX_VALUE, 0);
  }

  /**
   * A page of dead letters, the latest first.
   *
   * @param next the position of the next page, or null if this is the last page
   */
  public record Page(List<DeadLetter> deadLetters, @Nullable Place next) {}

  /** Counts dead letters by their reasons. Reasons without any are left out. */
  public Map<Reason, Long> count(DeadLetterFilter filter) throws OutboxException {
    Map<Reason, Long> counts = new EnumMap<>(Reason.class);
    if (!filter.event().isByText()) {
      return countInStore(filter, counts);
    }
    try (DeadLetterRows<Reason> rows =
        new DeadLetterRows<>(
            reading(),
            filter.event(),
            filter.conditions(),
            Order.OLDEST_FIRST,
            Place.FIRST,
            "reason",
            row -> DeadLetterColumns.reason(row.getString(DeadLetterRows.FIRST_COLUMN)))) {
      long end = System.nanoTime() + readTime.toNanos();
      while (rows.next(PIECE_ROWS, reason -> counts.merge(reason, 1L, Long::sum) > 0)) {
        if (System.nanoTime() - end > 0) {
          throw new OutboxException(StoreReading.late(NAME, readTime));
        }
      }
    }
    return counts;
  }

  private StoreReading reading() throws OutboxException {
    return store.read(readTime, NAME);
  }

  /** Groups similar dead letters, the largest group first. */
  public List<DeadLetterGroup> groups(DeadLetterFilter filter) throws OutboxException {
    Conditions conditions = filter.conditions();
    String sql =
        "SELECT reason, destination, last_status, webhooks, dead_at"
            + (filter.event().isByText() ? ", body" : "")
            + " FROM dead_letter WHERE "
            + conditions
            + " ORDER BY dead_at DESC LIMIT ?";
    try (StoreReading reading = reading()) {
      return reading.read(
          sql,
          conditions.valuesAnd(DeadLetterGroup.MOST_ROWS),
          rows -> DeadLetterGroup.read(rows, filter.event()));
    }
  }

  /** The database counts far more rows in ten seconds than could be read. */
  private Map<Reason, Long> countInStore(DeadLetterFilter filter, Map<Reason, Long> counts)
      throws OutboxException {
    Conditions conditions = filter.conditions();
    String sql =
        "SELECT reason, count(*) FROM dead_letter WHERE " + conditions + " GROUP BY reason";
    try (StoreReading reading = reading()) {
      return reading.read(
          sql,
          conditions.valuesAnd(),
          rows -> {
            while (rows.next()) {
              counts.put(DeadLetterColumns.reason(rows.getString(1)), rows.getLong(2));
            }
            return counts;
          });
    }
  }

  /**
   * Lists dead letters, the latest first. If the filter includes few of very many dead letters, a
   * page may be short although there is a next one.
   *
   * @param before the position of the page, or null for the first page
   */
  public Page list(DeadLetterFilter filter, @Nullable Place before, int limit)
      throws OutboxException {
    int most = Math.min(limit, MOST_LISTED);
    PageRoom room = new PageRoom(most);
    Place from = before == null ? Place.LAST : before;
    long end = System.nanoTime() + readTime.toNanos();
    try (DeadLetterRows<DeadLetter> rows =
        new DeadLetterRows<>(
            reading(),
            filter.event(),
            filter.conditions(),
            Order.LATEST_FIRST,
            from,
            DeadLetterColumns.ALL,
            row -> DeadLetterColumns.letter(row, DeadLetterRows.FIRST_COLUMN))) {
      // One more than wanted shows whether there is another page.
      while (rows.next(Math.min(PIECE_ROWS, most + 1), room::add)) {
        if (System.nanoTime() - end > 0) {
          return new Page(room.letters, rows.last());
        }
      }
      return new Page(room.letters, rows.isStopped() ? rows.last() : null);
    }
  }

  /** A page that is being filled. */
  private static final class PageRoom {

    private final int most;
    private final List<DeadLetter> letters = new ArrayList<>();
    private long bytes;

    PageRoom(int most) {
      this.most = most;
    }

    /** Adds a dead letter, unless the page is full. */
    boolean add(DeadLetter letter) {
      boolean isFull = letters.size() == most || bytes > PAGE_BYTES;
      if (!isFull) {
        letters.add(letter);
        bytes += letter.event().body().length;
      }
      return !isFull;
    }
  }

  /**
   * Gives pending events up.
   *
   * @param letter makes the dead letter of each
   */
  public PendingEvents.Changed giveUp(
      PendingFilter filter, Function<PendingEvent, DeadLetter> letter) throws OutboxException {
    return pendingEvents.change(
        filter,
        (open, nowMillis, events) -> {
          PendingRows.Done unused = PendingRows.delete(open, events, ReplayRows.CANCELLED);
          for (PendingEvent each : events) {
            DeadLetterStatements.insert(open, each.id(), letter.apply(each));
          }
          return events;
        },
        events -> events.forEach(each -> givenUp.accept(letter.apply(each).withId(each.id()))));
  }

  /**
   * Ends replays whose process has ended, and deletes a bounded number of the dead letters and
   * replays from before an instant; returns whether more are left.
   */
  public static boolean expire(Store store, long nowMillis, long beforeMillis) throws SQLException {
    boolean more = DeadLetterStatements.expire(store, beforeMillis);
    return ReplayRows.tidy(store.connection(), nowMillis, beforeMillis) || more;
  }

  /** Deletes dead letters; returns how many. */
  public long delete(DeadLetterFilter filter) throws OutboxException {
    return delete(filter, deleted -> {});
  }

  /**
   * An event whose dead letter has been deleted.
   *
   * @param type empty where it was no event
   */
  public record Deleted(String destination, String messageId, String type) {
    private static Deleted of(DeadLetter letter) {
      return new Deleted(letter.destination(), letter.event().messageId(), letter.event().type());
    }
  }

  /**
   * Deletes dead letters.
   *
   * @param deleted is told each deleted one, after its commit
   * @return how many were deleted
   */
  public long delete(DeadLetterFilter filter, Consumer<Deleted> deleted) throws OutboxException {
    Deque<Deleted> piece = new ArrayDeque<>();
    return new DeadLetterChanges(store, readTime)
        .change(
            filter.event(),
            filter.conditions(),
            Long.MAX_VALUE,
            (open, nowMillis, ids) -> {
              // Of a transaction that has failed.
              piece.clear();
              return DeadLetterStatements.take(
                  open,
                  ids,
                  letter -> {
                    piece.add(Deleted.of(letter));
                    return "";
                  });
            },
            done -> deleted.accept(piece.remove()));
  }
}
