package io.dromedary.outbox;

import io.dromedary.outbox.ClaimCounts.Stage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Starts the exchanges of ready claims, as many as the limit allows. Thread-safe. */
final class ClaimStarter {

  private final ReadyClaims ready;
  private final ClaimCounts places;
  private final InFlightLimit limit;
  private final ClaimQueue.Deliverer deliverer;
  private final BooleanSupplier isFreshDue;

  /** How many calls have come since a thread began to start claims. */
  private final AtomicInteger calls = new AtomicInteger();

  /**
   * A starter.
   *
   * @param isFreshDue whether events wait in the store that have never been attempted
   */
  ClaimStarter(
      ReadyClaims ready,
      ClaimCounts places,
      InFlightLimit limit,
      ClaimQueue.Deliverer deliverer,
      BooleanSupplier isFreshDue) {
    this.ready = ready;
    this.places = places;
    this.limit = limit;
    this.deliverer = deliverer;
    this.isFreshDue = isFreshDue;
  }

  /**
   * Starts as many exchanges as may begin. One thread does so for all that call this meanwhile: an
   * exchange that ends at once calls it again, and must not start the next one recursively.
   */
  void startReady() {
    if (ready.isEmpty() || calls.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = calls.get();
      try {
        startWhileRoom();
      } catch (RuntimeException | Error e) {
        calls.set(0);
        throw e;
      }
    } while (!calls.compareAndSet(seen, 0));
  }

  private void startWhileRoom() {
    int most = limit.now();
    int mostStarted = limit.mostInFlight(most);
    while (places.running() < most && places.started() < mostStarted && !ready.isEmpty()) {
      Claim claim = ready.next(most, isFreshDue.getAsBoolean());
      if (claim == null && !ready.hasFresh()) {
        // Only retries are left, and these have to wait.
        return;
      }
      try {
        // Not if it has been given back meanwhile.
        if (claim != null && places.move(claim, Stage.READY, Stage.RUNNING)) {
          deliverer.start(claim);
        }
      } catch (RuntimeException | Error e) {
        deliverer.giveBack(claim, ClaimQueue.PAUSE);
      }
    }
  }
}
