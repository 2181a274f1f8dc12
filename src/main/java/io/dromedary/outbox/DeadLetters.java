package io.dromedary.outbox;

import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.DeadLetterRows.Order;
import io.dromedary.settings.HeapShare;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of an outbox. What is only read is read on a connection of its own, so that no
 * commit waits for it, for ten seconds at the most. What is changed is found in that way, too, and
 * then changed in pieces by the outbox's writer, which needs no more than the ids. Thread-safe.
 */
public final class DeadLetters {

  /** How many dead letters {@link #list} returns at the most. */
  public static final int MOST_LISTED = 1000;

  /** What a page takes: what is read, its JSON, and this as it is sent. */
  private static final int PAGE_COPIES = 4;

  /** A page ends behind so many bytes, since each dead letter may have many. */
  public static final long PAGE_BYTES =
      Math.min(8 << 20, HeapShare.DEAD_LETTER_PAGE.bytes() / PAGE_COPIES);

  /** How many dead letters are changed in one transaction. */
  private static final int PIECE_ROWS = 500;

  private static final Duration READ_TIME = Duration.ofSeconds(10);

  private static final String NAME = "dead letters";

  private final Outbox outbox;
  private final Duration readTime;

  DeadLetters(Outbox outbox) {
    this(outbox, READ_TIME);
  }

  DeadLetters(Outbox outbox, Duration readTime) {
    this.outbox = outbox;
    this.readTime = readTime;
  }

  /**
   * A place in the order of deaths, before or behind which a page begins.
   *
   * @param deadMillis milliseconds since 1970
   */
  public record Place(long deadMillis, long id) {
    private static final Place FIRST = new Place(Long.MIN_VALUE, 0);
    private static final Place LAST = new Place(Long.MAX_VALUE, 0);
  }

  /**
   * Some dead letters, the latest first.
   *
   * @param next where the next page begins, or null where there is none
   */
  public record Page(List<DeadLetter> deadLetters, @Nullable Place next) {}

  /**
   * What has become of dead letters that were to be replayed.
   *
   * @param refused how many are invalid: they never were events
   * @param id by which {@link Replays} knows it, or null where nothing was replayed
   */
  public record Replay(long replayed, long refused, @Nullable Long id) {}

  /** How many dead letters there are of each reason that there is. */
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
    return new StoreReading(outbox, readTime, NAME);
  }

  /** Puts dead letters that are alike into groups, the largest first. */
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

  /** The store counts many more in the same time than could be read. */
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
   * Lists dead letters, the latest first. Where few are meant of very many, a page may be short and
   * have a next one all the same.
   *
   * @param before where the page begins, or null for the first
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
   * Puts dead letters back into the outbox, the oldest first. Each is a new event that nobody has
   * tried to deliver, and its window counts from when it is due. Nothing is lost if the process
   * ends in between: each dead letter is in one place before and after each transaction. How far it
   * has come is told by {@link Replays}.
   *
   * @param ratePerSecond how many become due in a second; they are stored as fast as it goes
   * @param limit how many at the most; no more are ever replayed at once than become due within the
   *     retry window
   * @throws OutboxException saying how many were replayed before the store failed
   */
  public Replay replay(DeadLetterFilter filter, int ratePerSecond, long limit)
      throws OutboxException {
    long refused = count(filter).getOrDefault(Reason.INVALID, 0L);
    // A row that is due much later is taken for one that was written by a clock gone wrong.
    long most = Math.min(limit, ratePerSecond * outbox.settings().longestWait().toSeconds());
    ReplayChange replay = new ReplayChange(ratePerSecond);
    long replayed =
        change(
            filter.event(),
            filter.conditions().add("reason <> 'invalid'"),
            most,
            replay,
            destination -> {
              replay.stored();
              outbox.counts().replayed(destination).increment();
            });
    return new Replay(replayed, refused, replay.id());
  }

  /** Deletes dead letters for good, and says how many. */
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
   * The same.
   *
   * @param told hears of each that was deleted
   */
  public long delete(DeadLetterFilter filter, Consumer<Deleted> told) throws OutboxException {
    Deque<Deleted> piece = new ArrayDeque<>();
    return change(
        filter.event(),
        filter.conditions(),
        Long.MAX_VALUE,
        (store, nowMillis, ids) -> {
          // Of a transaction that has failed.
          piece.clear();
          return take(
              store,
              ids,
              letter -> {
                piece.add(Deleted.of(letter));
                return "";
              });
        },
        done -> told.accept(piece.remove()));
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

  /** What is done to some dead letters in a transaction; returns the destination of each. */
  interface Change {
    List<String> apply(Store store, long nowMillis, List<Long> ids) throws SQLException;

    /** Whether the rest is left as it is. */
    default boolean isEnded() {
      return false;
    }
  }

  private long change(
      EventFilter filter, Conditions conditions, long most, Change change, Consumer<String> told)
      throws OutboxException {
    long changed = 0;
    try (DeadLetterRows<Long> rows =
        new DeadLetterRows<>(
            reading(),
            filter,
            conditions,
            Order.OLDEST_FIRST,
            Place.FIRST,
            "id",
            row -> row.getLong(2))) {
      boolean isMore = true;
      while (isMore && changed < most && !change.isEnded()) {
        List<Long> ids = new ArrayList<>();
        isMore = rows.next((int) Math.min(PIECE_ROWS, most - changed), ids::add);
        List<String> done = ids.isEmpty() ? List.of() : change(ids, change);
        done.forEach(told);
        changed += done.size();
      }
      return changed;
    } catch (OutboxException e) {
      throw new OutboxException(e.getMessage() + " (done before: " + changed + ")", e);
    }
  }

  private List<String> change(List<Long> ids, Change change) throws OutboxException {
    List<String> destinations =
        outbox.runAndWait((store, nowMillis) -> change.apply(store, nowMillis, ids));
    new HashSet<>(destinations).forEach(outbox::due);
    return destinations;
  }
}
