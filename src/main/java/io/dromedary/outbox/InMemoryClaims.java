package io.dromedary.outbox;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is claimed of a store that one process owns. It is known in memory only: a claim writes
 * nothing, and what was claimed when a process ended is simply due.
 *
 * <p>A claimed row keeps its place in the order of due times. So that it is not read again and
 * again, claiming goes on behind the last row of a destination and lane that it has read; a row
 * that is written with a due time before that takes it back there. Whatever is read and is in here
 * is skipped: so a position may always be too early, never too late.
 *
 * <p>Owned by the store's writer thread.
 */
final class InMemoryClaims {

  /** A place in the order of due times and then of ids. */
  record Position(long dueMillis, long id) {

    static final Position START = new Position(Long.MIN_VALUE, Long.MIN_VALUE);
  }

  /** A few hundred bytes each. */
  private static final int MOST_NOTED = 10_000;

  private final Set<Long> ids = new HashSet<>();
  private final Map<Lane, Map<String, Position>> positions =
      Map.of(Lane.FRESH, new HashMap<>(), Lane.RETRY, new HashMap<>());

  /** Rows whose settlements could not be stored, by id. */
  private final Map<Long, Noted> noted = new HashMap<>();

  /** What the row does not say: until when it stays claimed, and what was to be written into it. */
  record Noted(long untilMillis, int attempts, @Nullable String progress) {}

  // What the transaction has changed.
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

  /** The row has gone or may be claimed again. */
  void release(long id) {
    if (ids.remove(id)) {
      released.add(id);
    }
  }

  /**
   * Notes in memory what cannot be written into a claimed row, which can be claimed again after an
   * instant. Returns false if that is known of too many.
   */
  boolean note(long id, Noted what) {
    if (noted.size() >= MOST_NOTED && !noted.containsKey(id)) {
      return false;
    }
    noted.put(id, what);
    return true;
  }

  /** As {@link #note}, and where that cannot be, the row may be claimed again at once. */
  void leave(long id, Noted what) {
    if (!note(id, what) && ids.remove(id)) {
      positions.clear();
    }
  }

  /** The event of a row, as it would be if everything could have been written. */
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
   * When the next row can be claimed again after an instant that is noted here, of whatever
   * destination: what is written in such a row says nothing of it.
   */
  long nextNotedMillis(long nowMillis) {
    return noted.values().stream()
        .mapToLong(Noted::untilMillis)
        .filter(millis -> millis > nowMillis)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Behind what claiming goes on. */
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

  /** A row that nobody has claimed is written with that due time. */
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
    // What was claimed again after its release was claimed before the transaction.
    ids.addAll(released);
    noted.putAll(handedOut);
    forgetPositions();
    committed();
  }
}
