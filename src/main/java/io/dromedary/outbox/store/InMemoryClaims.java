package io.dromedary.outbox.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tracks claims in memory for a store that a single process owns. Claiming writes nothing to the
 * database, so after a crash every claimed event is simply due again.
 *
 * <p>A claimed row keeps its place in the order of due times. To avoid reading it again and again,
 * there is a cursor for each destination and lane, at the last row that was read. Writing a row
 * with an earlier due time moves the cursor back to it. Claimed rows that are read again are
 * skipped, so a cursor may be too early, but never too late.
 *
 * <p>Owned by the store's writer thread.
 */
public final class InMemoryClaims {

  /** A place in the order of due times and then of ids. */
  record Position(long dueMillis, long id) {

    static final Position START = new Position(Long.MIN_VALUE, Long.MIN_VALUE);
  }

  /** The most settlements that are kept in memory, at a few hundred bytes each. */
  private static final int MOST_NOTED = 10_000;

  private final Set<Long> ids = new HashSet<>();
  private final Map<Lane, Map<String, Position>> positions =
      Map.of(Lane.FRESH, new HashMap<>(), Lane.RETRY, new HashMap<>());

  /** Rows whose settlements could not be stored, by id. */
  private final Map<Long, Noted> noted = new HashMap<>();

  /** A change that its row lacks: until when it stays claimed, and its attempts and progress. */
  public record Noted(long untilMillis, int attempts, @Nullable String progress) {}

  // The changes of the current transaction.
  private final List<Long> claimed = new ArrayList<>();
  private final List<Long> released = new ArrayList<>();
  private final Map<Long, Noted> handedOut = new HashMap<>();

  boolean has(long id) {
    return ids.contains(id);
  }

  void claim(long id) {
    ids.add(id);
    claimed.add(id);
  }

  /** Notes that the row is deleted or may be claimed again. */
  void release(long id) {
    if (ids.remove(id)) {
      released.add(id);
    }
  }

  /**
   * Keeps in memory a change that cannot be written to a claimed row. The row can be claimed again
   * after the change's instant. Returns false if too many changes are kept already.
   */
  boolean note(long id, Noted what) {
    if (noted.size() >= MOST_NOTED && !noted.containsKey(id)) {
      return false;
    }
    noted.put(id, what);
    return true;
  }

  /** Like {@link #note}, but if too many changes are kept, the row may be claimed again at once. */
  public void leave(long id, Noted what) {
    if (!note(id, what) && ids.remove(id)) {
      positions.clear();
    }
  }

  /** Returns the event of a row with the change that could not be written, if there is one. */
  OutboxEvent asNoted(long id, OutboxEvent event) {
    Noted what = noted.isEmpty() ? null : noted.remove(id);
    if (what == null) {
      return event;
    }
    handedOut.put(id, what);
    return new OutboxEvent(
        event.messageId(),
        event.type(),
        event.acceptedAt(),
        event.body(),
        what.attempts(),
        what.progress(),
        event.trace());
  }

  /**
   * Returns when the next row with an unwritten change, of any destination, can be claimed again.
   * The row itself does not contain that instant.
   */
  long nextNotedMillis(long nowMillis) {
    return noted.values().stream()
        .mapToLong(Noted::untilMillis)
        .filter(millis -> millis > nowMillis)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Returns the cursor after which claiming continues. */
  Position position(String destination, Lane lane, long nowMillis) {
    for (Map.Entry<Long, Noted> each : noted.entrySet()) {
      if (each.getValue().untilMillis() <= nowMillis && ids.remove(each.getKey())) {
        forgetPositions();
      }
    }
    return of(lane).getOrDefault(destination, Position.START);
  }

  private Map<String, Position> of(Lane lane) {
    return Objects.requireNonNull(positions.get(lane));
  }

  private void forgetPositions() {
    positions.values().forEach(Map::clear);
  }

  void readTo(String destination, Lane lane, long dueMillis, long id) {
    of(lane).put(destination, new Position(dueMillis, id));
  }

  /** Notes that an unclaimed row was written with that due time. */
  void written(String destination, Lane lane, long dueMillis) {
    of(lane)
        .computeIfPresent(
            destination,
            (key, position) ->
                position.dueMillis() < dueMillis
                    ? position
                    : new Position(dueMillis, Long.MIN_VALUE));
  }

  void committed() {
    claimed.clear();
    released.clear();
    handedOut.clear();
  }

  void rolledBack() {
    claimed.forEach(ids::remove);
    // Rows that were released and claimed again had been claimed before the transaction.
    ids.addAll(released);
    noted.putAll(handedOut);
    forgetPositions();
    committed();
  }
}
