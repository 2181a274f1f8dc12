package io.dromedary.outbox.pending;

import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.outbox.store.StoreAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The events of an outbox that are not done, for an operator. Reads them in the order of their ids,
 * piece by piece, on a connection of its own, so that no commit waits for it. Changes are made by
 * the writer of the store, piece by piece too. Thread-safe.
 *
 * <p>An event that a process has in memory, because it is being sent or waits for a short time, is
 * neither hastened nor given up, since its outcome is not known yet. It can be deleted: an attempt
 * under way is not interrupted, and the event is gone when it ends.
 */
public final class PendingEvents {

  /** The most events that {@link #list} returns. */
  public static final int MOST_LISTED = 1000;

  /** How long an operator waits for a page or a count. */
  private static final Duration READ_TIME = Duration.ofSeconds(10);

  private final StoreAccess store;

  public PendingEvents(StoreAccess store) {
    this.store = store;
  }

  /**
   * A page of events, the oldest first.
   *
   * @param next the id behind which the next page begins, or null if this is the last page
   */
  public record Page(List<PendingEvent> events, @Nullable Long next) {}

  /**
   * A count of events.
   *
   * @param isWhole false if counting all events took too long
   */
  public record Count(long events, boolean isWhole) {}

  /**
   * The result of a change.
   *
   * @param events how many events were changed
   * @param inMemory how many of the requested events a process has in memory
   */
  public record Changed(long events, long inMemory) {

    private Changed plus(Changed more) {
      return new Changed(events + more.events, inMemory + more.inMemory);
    }
  }

  /**
   * Lists events, the oldest first. If the filter includes few of very many events, a page may be
   * short although there is a next one.
   *
   * @param after the id behind which the page begins, 0 for the first page
   * @param bytes the page ends once its events have this many bytes
   */
  public Page list(PendingFilter filter, long after, int limit, long bytes) throws OutboxException {
    List<PendingEvent> found = new ArrayList<>();
    long end = System.nanoTime() + READ_TIME.toNanos();
    long left = bytes;
    try (PendingPieces pieces = new PendingPieces(store, READ_TIME, filter, after)) {
      while (pieces.next()) {
        for (PendingEvent event : pieces.piece()) {
          if (found.size() >= Math.min(limit, MOST_LISTED) || left <= 0) {
            return new Page(found, found.get(found.size() - 1).id());
          }
          found.add(event);
          left -= event.event().body().length;
        }
        if (System.nanoTime() - end > 0) {
          return new Page(found, pieces.last());
        }
      }
    }
    return new Page(found, null);
  }

  /** Counts events. */
  public Count count(PendingFilter filter) throws OutboxException {
    long events = 0;
    long end = System.nanoTime() + READ_TIME.toNanos();
    try (PendingPieces pieces = new PendingPieces(store, READ_TIME, filter, 0)) {
      while (pieces.next()) {
        events += pieces.piece().size();
        if (System.nanoTime() - end > 0) {
          return new Count(events, false);
        }
      }
    }
    return new Count(events, true);
  }

  /**
   * Makes events due now.
   *
   * @param progress removes everything from a delivery's progress that would make the event wait
   */
  public Changed tryNow(PendingFilter filter, UnaryOperator<String> progress)
      throws OutboxException {
    return change(
        filter,
        (open, nowMillis, events) -> {
          for (PendingEvent each : events) {
            OutboxEvent event = each.event();
            String come = event.progress();
            open.dueRows()
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

  /** Deletes events, including those in memory. */
  public Changed delete(PendingFilter filter) throws OutboxException {
    return delete(filter, deleted -> {});
  }

  /**
   * Deletes events, including those in memory.
   *
   * @param deleted is told the deleted events of each piece, after its commit
   */
  public Changed delete(PendingFilter filter, Consumer<List<PendingEvent>> deleted)
      throws OutboxException {
    Changed all = new Changed(0, 0);
    try (PendingPieces pieces = new PendingPieces(store, READ_TIME, filter, 0)) {
      while (pieces.next()) {
        List<PendingEvent> piece = pieces.piece();
        if (!piece.isEmpty()) {
          PendingRows.Done done =
              store.runAndWait(
                  (open, nowMillis) -> PendingRows.delete(open, piece, ReplayRows.DELETED));
          deleted.accept(done.events());
          all = all.plus(new Changed(done.events().size(), done.inMemory()));
        }
      }
      return all;
    }
  }

  /**
   * Changes events that no process has in memory.
   *
   * @param changed is told the changed events of each piece, after its commit
   */
  public Changed change(
      PendingFilter filter, PendingRows.Change change, Consumer<List<PendingEvent>> changed)
      throws OutboxException {
    Changed all = new Changed(0, 0);
    try (PendingPieces pieces = new PendingPieces(store, READ_TIME, filter, 0)) {
      while (pieces.next()) {
        List<PendingEvent> piece = pieces.piece();
        if (piece.isEmpty()) {
          continue;
        }
        PendingRows.Done done =
            store.runAndWait(
                (open, nowMillis) -> PendingRows.change(open, nowMillis, piece, change));
        changed.accept(done.events());
        Set<String> destinations = new HashSet<>();
        done.events().forEach(each -> destinations.add(each.destination()));
        destinations.forEach(store::due);
        all = all.plus(new Changed(done.events().size(), done.inMemory()));
      }
      return all;
    }
  }
}
