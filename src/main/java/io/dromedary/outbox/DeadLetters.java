package io.dromedary.outbox;

import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.settings.HeapShare;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
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
   */
  public record Replay(long replayed, long refused) {}

  /** How many dead letters there are of each reason that there is. */
  public Map<Reason, Long> count(DeadLetterFilter filter) throws OutboxException {
    Conditions conditions = filter.conditions();
    boolean isByText = filter.event().userId() != null;
    String sql =
        (isByText ? "SELECT reason, 1, body" : "SELECT reason, count(*)")
            + " FROM dead_letter WHERE "
            + conditions
            + (isByText ? "" : " GROUP BY reason");
    Map<Reason, Long> counts = new EnumMap<>(Reason.class);
    try (StoreReading reading = reading()) {
      return reading.read(
          sql,
          conditions.valuesAnd(),
          rows -> {
            while (rows.next()) {
              if (!isByText || filter.event().isOfUser(rows.getBytes(3))) {
                counts.merge(reason(rows.getString(1)), rows.getLong(2), Long::sum);
              }
            }
            return counts;
          });
    }
  }

  private StoreReading reading() throws OutboxException {
    return new StoreReading(outbox, readTime, "dead letters");
  }

  /**
   * Lists dead letters, the latest first.
   *
   * @param before where the page begins, or null for the first
   */
  public Page list(DeadLetterFilter filter, @Nullable Place before, int limit)
      throws OutboxException {
    Conditions conditions = filter.conditions();
    Place last = before == null ? Place.LAST : before;
    int most = Math.min(limit, MOST_LISTED);
    String sql =
        "SELECT id, destination, message_id, type, accepted_at, attempts, reason, detail,"
            + " last_status, first_attempt_at, last_attempt_at, dead_at, webhooks, body"
            + " FROM dead_letter WHERE "
            + conditions
            + " AND (dead_at, id) < (?, ?) ORDER BY dead_at DESC, id DESC"
            // One more than wanted shows whether there is another page.
            + (filter.event().userId() == null ? " LIMIT " + (most + 1) : "");
    try (StoreReading reading = reading()) {
      return reading.read(
          sql,
          conditions.valuesAnd(last.deadMillis(), last.id()),
          rows -> page(rows, filter.event(), most));
    }
  }

  private static Page page(ResultSet rows, EventFilter filter, int most) throws SQLException {
    List<DeadLetter> letters = new ArrayList<>();
    long bytes = 0;
    while (rows.next()) {
      if (!filter.isOfUser(rows.getBytes(14))) {
        continue;
      }
      if (letters.size() == most || bytes > PAGE_BYTES) {
        DeadLetter last = letters.get(letters.size() - 1);
        return new Page(letters, new Place(last.deadAt().toEpochMilli(), last.id()));
      }
      DeadLetter letter = letter(rows);
      letters.add(letter);
      bytes += letter.event().body().length;
    }
    return new Page(letters, null);
  }

  private static DeadLetter letter(ResultSet row) throws SQLException {
    Long status = number(row, 9);
    return new DeadLetter(
        row.getLong(1),
        row.getString(2),
        new OutboxEvent(
            row.getString(3),
            row.getString(4),
            Instant.ofEpochMilli(row.getLong(5)),
            row.getBytes(14),
            row.getInt(6),
            null),
        reason(row.getString(7)),
        row.getString(8),
        status == null ? null : status.intValue(),
        instant(row, 10),
        instant(row, 11),
        Instant.ofEpochMilli(row.getLong(12)),
        row.getString(13));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    Long millis = number(row, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  private static Reason reason(String json) {
    Reason reason = Reason.of(json);
    if (reason == null) {
      throw new IllegalStateException(
          "The outbox has a dead letter of the reason \"" + json + "\".");
    }
    return reason;
  }

  /**
   * Puts dead letters back into the outbox, the oldest first. Each is a new event that nobody has
   * tried to deliver, and its window counts from when it is due. Nothing is lost if the process
   * ends in between: each dead letter is in one place before and after each transaction.
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
    Spread spread = new Spread(ratePerSecond);
    long replayed =
        change(
            filter,
            " AND reason <> 'invalid'",
            most,
            (store, nowMillis, ids) -> replay(store, nowMillis, ids, spread),
            destination -> outbox.counts().replayed(destination).increment());
    return new Replay(replayed, refused);
  }

  /** Deletes dead letters for good, and says how many. */
  public long delete(DeadLetterFilter filter) throws OutboxException {
    return change(
        filter,
        "",
        Long.MAX_VALUE,
        (store, nowMillis, ids) -> take(store, ids, row -> ""),
        destination -> {});
  }

  /** Hands out due times of which no more than so many are in a second. */
  private static final class Spread {
    private final int ratePerSecond;
    private long startMillis = Long.MIN_VALUE;
    private int used;

    Spread(int ratePerSecond) {
      this.ratePerSecond = ratePerSecond;
    }

    /** Nothing is due before that. */
    void begin(long nowMillis) {
      if (nowMillis > millis()) {
        startMillis = nowMillis;
        used = 0;
      }
    }

    long next() {
      long millis = millis();
      used++;
      return millis;
    }

    private long millis() {
      return startMillis + used * 1000L / ratePerSecond;
    }
  }

  private static List<String> replay(Store store, long nowMillis, List<Long> ids, Spread spread)
      throws SQLException {
    spread.begin(nowMillis);
    return take(
        store,
        ids,
        row -> {
          long dueMillis = spread.next();
          Instant due = Instant.ofEpochMilli(dueMillis);
          String destination = row.getString(2);
          OutboxEvent event =
              new OutboxEvent(row.getString(3), row.getString(4), due, row.getBytes(5));
          store.insert(row.getLong(1), destination, event, dueMillis);
          return destination;
        });
  }

  /** Deletes those of the dead letters that are still there, and returns what was made of each. */
  private static List<String> take(Store store, List<Long> ids, StoreReading.Rows<String> made)
      throws SQLException {
    // Whoever deletes a row has it: another node that wants the same one does not get it.
    String sql =
        "DELETE FROM dead_letter WHERE "
            + EventFilter.in(ids.stream())
            + " RETURNING id, destination, message_id, type, body";
    List<String> all = new ArrayList<>();
    try (Statement delete = store.connection().createStatement();
        ResultSet rows = delete.executeQuery(sql)) {
      while (rows.next()) {
        all.add(made.read(rows));
      }
    }
    return all;
  }

  /** What is done to some dead letters in a transaction; returns the destination of each. */
  private interface Change {
    List<String> apply(Store store, long nowMillis, List<Long> ids) throws SQLException;
  }

  private long change(
      DeadLetterFilter filter, String which, long most, Change change, Consumer<String> told)
      throws OutboxException {
    Conditions conditions = filter.conditions();
    boolean isByText = filter.event().userId() != null;
    String sql =
        "SELECT dead_at, id"
            + (isByText ? ", body" : "")
            + " FROM dead_letter WHERE "
            + conditions
            + which
            + " AND (dead_at, id) > (?, ?) ORDER BY dead_at, id LIMIT ?";
    long changed = 0;
    Place from = Place.FIRST;
    try (StoreReading reading = reading()) {
      while (changed < most) {
        int wanted = (int) Math.min(PIECE_ROWS, most - changed);
        List<Object> values = conditions.valuesAnd(from.deadMillis(), from.id(), wanted);
        Place before = from;
        Piece piece =
            reading.read(
                sql, values, rows -> piece(rows, isByText ? filter.event() : null, before));
        if (piece.last().equals(from)) {
          return changed;
        }
        from = piece.last();
        List<String> done = piece.ids().isEmpty() ? List.of() : change(piece.ids(), change);
        done.forEach(told);
        changed += done.size();
      }
      return changed;
    } catch (OutboxException e) {
      throw new OutboxException(e.getMessage() + " (done before: " + changed + ")", e);
    }
  }

  private List<String> change(List<Long> ids, Change change) throws OutboxException {
    try {
      List<String> destinations =
          outbox.run((store, nowMillis) -> change.apply(store, nowMillis, ids)).join();
      for (String destination : new HashSet<>(destinations)) {
        outbox.due(destination);
      }
      return destinations;
    } catch (CompletionException e) {
      throw e.getCause() instanceof OutboxException failure
          ? failure
          : new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The ids of what is meant of some rows, and the place of the last row. */
  private record Piece(List<Long> ids, Place last) {}

  private static Piece piece(ResultSet rows, @Nullable EventFilter text, Place before)
      throws SQLException {
    List<Long> ids = new ArrayList<>();
    Place last = before;
    while (rows.next()) {
      last = new Place(rows.getLong(1), rows.getLong(2));
      if (text == null || text.isOfUser(rows.getBytes(3))) {
        ids.add(last.id());
      }
    }
    return new Piece(ids, last);
  }
}
