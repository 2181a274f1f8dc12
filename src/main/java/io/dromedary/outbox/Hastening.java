package io.dromedary.outbox;

import io.dromedary.outbox.store.DueRows;
import io.dromedary.outbox.store.StoreAccess;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Makes parked events of a destination due, piece by piece, since others want to write, too. */
final class Hastening {

  private final StoreAccess store;
  private final ClaimListeners listeners;
  private final String destination;

  Hastening(StoreAccess store, ClaimListeners listeners, String destination) {
    this.store = store;
    this.listeners = listeners;
    this.destination = destination;
  }

  /** Begins with the events that are due first, and goes on without the caller. */
  void begin(Duration within) {
    // By the clock of the store.
    CompletableFuture<Void> unused =
        store
            .run((open, nowMillis) -> nowMillis)
            .thenAccept(now -> listeners.execute(() -> hasten(now, now + within.toMillis())));
  }

  private void hasten(long parkedMillis, long untilMillis) {
    CompletableFuture<Void> unused =
        store
            .run((open, now) -> open.dueRows().hasten(destination, now, parkedMillis, untilMillis))
            .thenAccept(
                found -> listeners.execute(() -> hastened(found, parkedMillis, untilMillis)));
  }

  private void hastened(int found, long parkedMillis, long untilMillis) {
    listeners.due(destination);
    if (found >= DueRows.HASTENED_ROWS) {
      hasten(parkedMillis, untilMillis);
    }
  }
}
