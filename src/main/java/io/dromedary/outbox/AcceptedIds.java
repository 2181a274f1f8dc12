package io.dromedary.outbox;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether events were accepted, for an operator: of each message id that is known for the sake of
 * the de-duplication. Whoever writes is asked, which is a look into memory, or at an index.
 * Thread-safe.
 */
public final class AcceptedIds {

  /** An instant that is not found within this is told by the hour. */
  private static final Duration SEARCH_TIME = Duration.ofMillis(500);

  /** Transactions are not dated as exactly as the ids in them. */
  private static final long AROUND_MILLIS = 2000;

  private final Outbox outbox;

  AcceptedIds(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * When an event was accepted.
   *
   * @param from not before then
   * @param until not after then; the same where it is known exactly
   */
  public record Acceptance(Instant from, Instant until) {}

  /** When an event was accepted for a destination, or null if that is not known. */
  public @Nullable Acceptance find(String destination, String messageId) throws OutboxException {
    Fingerprint id = Fingerprint.of(destination, messageId);
    SeenIds.Bounds bounds =
        outbox.runAndWait((store, nowMillis) -> Optional.ofNullable(store.seen(id))).orElse(null);
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
   * Looks for the transaction in which an id was accepted, among those of its generation: they
   * stand in the order of time.
   */
  private @Nullable Long search(Fingerprint id, SeenIds.Bounds bounds) {
    try (StoreReading reading = new StoreReading(outbox, SEARCH_TIME, "accepted ids")) {
      long first = firstId(reading, bounds.fromMillis() - AROUND_MILLIS);
      long behind = firstId(reading, bounds.untilMillis() + AROUND_MILLIS);
      Optional<Long> found =
          reading.read(
              "SELECT seen_at FROM seen WHERE id >= ? AND id < ? AND instr(fingerprint, ?) > 0 LIMIT 1",
              List.of(first, behind, id.toBytes()),
              rows -> rows.next() ? Optional.of(rows.getLong(1)) : Optional.empty());
      return found.orElse(null);
    } catch (OutboxException e) {
      // There are too many to look at.
      return null;
    }
  }

  /** The first row that is not older than that, by halving what is left. */
  private static long firstId(StoreReading reading, long millis) throws OutboxException {
    long low = number(reading, "SELECT coalesce(min(id), 0) FROM seen");
    long high = number(reading, "SELECT coalesce(max(id), 0) + 1 FROM seen");
    while (low < high) {
      long middle = low + (high - low) / 2;
      // The row there, or the next, since the rows of ids that have expired are gone.
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
