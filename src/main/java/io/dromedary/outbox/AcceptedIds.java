package io.dromedary.outbox;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.SeenIds;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreReading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out for an operator when an event was accepted, from the message ids that are remembered
 * for de-duplication. The store's writer answers, with a lookup in memory or in an index.
 * Thread-safe.
 */
public final class AcceptedIds {

  /** The time limit of the search for the exact instant. Without it only a range is known. */
  private static final Duration SEARCH_TIME = Duration.ofMillis(500);

  /** How much the time stored for a transaction may differ from that of the ids in it. */
  private static final long AROUND_MILLIS = 2000;

  private final StoreAccess store;

  AcceptedIds(StoreAccess store) {
    this.store = store;
  }

  /**
   * The range of time in which an event was accepted.
   *
   * @param from the earliest possible instant
   * @param until the latest possible instant, which equals {@code from} if it is known exactly
   */
  public record Acceptance(Instant from, Instant until) {}

  /** Returns when an event was accepted for a destination, or null if that is not known. */
  public @Nullable Acceptance find(String destination, String messageId) throws OutboxException {
    Fingerprint id = Fingerprint.of(destination, messageId);
    SeenIds.Bounds bounds =
        store.runAndWait((open, nowMillis) -> Optional.ofNullable(open.seen(id))).orElse(null);
    if (bounds == null) {
      return null;
    }
    Long exact = bounds.fromMillis() == bounds.untilMillis() ? null : search(id, bounds);
    return exact == null
        ? new Acceptance(instant(bounds.fromMillis()), instant(bounds.untilMillis()))
        : new Acceptance(instant(exact), instant(exact));
  }

  private static Instant instant(long millis) {
    return Instant.ofEpochMilli(millis);
  }

  /**
   * Searches for the transaction in which an id was accepted. The transactions of the id's
   * generation are consecutive rows, since rows are in order of time.
   */
  private @Nullable Long search(Fingerprint id, SeenIds.Bounds bounds) {
    try (StoreReading reading = store.read(SEARCH_TIME, "accepted ids")) {
      long first = firstId(reading, bounds.fromMillis() - AROUND_MILLIS);
      long behind = firstId(reading, bounds.untilMillis() + AROUND_MILLIS);
      Optional<Long> found =
          reading.read(
              "SELECT seen_at FROM seen WHERE id >= ? AND id < ? AND instr(fingerprint, ?) > 0 LIMIT 1",
              List.of(first, behind, id.toBytes()),
              rows -> rows.next() ? Optional.of(rows.getLong(1)) : Optional.empty());
      return found.orElse(null);
    } catch (OutboxException e) {
      // There are too many rows to search within the time limit.
      return null;
    }
  }

  /** Finds the id of the first row that is not older than an instant, by binary search. */
  private static long firstId(StoreReading reading, long millis) throws OutboxException {
    long low = number(reading, "SELECT coalesce(min(id), 0) FROM seen");
    long high = number(reading, "SELECT coalesce(max(id), 0) + 1 FROM seen");
    while (low < high) {
      long middle = low + (high - low) / 2;
      // The row with that id or the next one, since expired rows have been deleted.
      long found =
          number(reading, "SELECT seen_at FROM seen WHERE id >= ? ORDER BY id LIMIT 1", middle);
      if (found < millis) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static long number(StoreReading reading, String sql, Object... values)
      throws OutboxException {
    return reading.read(sql, List.of(values), rows -> rows.next() ? rows.getLong(1) : 0);
  }
}
