package io.dromedary.delivery;

import io.dromedary.outbox.Claim;
import io.dromedary.outbox.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The claims of a delivery's events, which wait and resume together. Confined to the exchange that
 * carries the delivery.
 */
final class Claims {

  private static final String REPLAYED = "\"" + Progress.REPLAYED + "\":";

  private final List<Claim> all;
  private boolean waits;

  Claims(List<Claim> all) {
    this.all = all;
  }

  /** Returns the claims, in the order of their events. */
  List<Claim> all() {
    return all;
  }

  Claim get(int event) {
    return all.get(event);
  }

  int size() {
    return all.size();
  }

  /** Returns the id by which flow controls distinguish deliveries. */
  long id() {
    return all.get(0).id();
  }

  /** Returns whether that event is a replayed dead letter. */
  boolean isReplayed(int event) {
    String progress = all.get(event).event().progress();
    // Quotes inside JSON strings are escaped, so nothing else can match.
    return progress != null && progress.contains(REPLAYED);
  }

  /** Parks the events in the outbox with their progress. */
  void park(Instant until, int attempts, String progress) {
    all.forEach(claim -> claim.settle(new Settlement.Parked(until, attempts, progress)));
  }

  /** Expects the delivery to continue in time. Otherwise its exchange is lost and the task runs. */
  void expect(Duration within, Runnable otherwise) {
    all.forEach(claim -> claim.expect(within, otherwise));
  }

  /** Suspends that expectation, because the time at which the delivery continues is unknown. */
  void expectNothing() {
    all.forEach(Claim::expectNothing);
  }

  /** Returns whether this node holds the claims for at least so much longer. */
  boolean isHeldFor(long nanos) {
    return all.stream().allMatch(claim -> claim.isHeldFor(nanos));
  }

  /**
   * Lets the events wait in memory, where they do not count as in flight. Returns false if there is
   * no room.
   */
  boolean pause() {
    if (!Claim.mayWait(all)) {
      return false;
    }
    waits = true;
    all.forEach(Claim::pause);
    return true;
  }

  /** Returns whether the events wait for a retry and do not count as in flight. */
  boolean isPaused() {
    return waits;
  }

  /** Returns whether the outbox allows the delivery to be sent now. */
  boolean mayResume() {
    return !waits || all.isEmpty() || all.get(0).mayResume();
  }

  /** Counts the events as in flight again. */
  void resume() {
    if (waits) {
      waits = false;
      // Even if the limit is reached, since the flow controls have granted permits.
      all.forEach(Claim::resume);
    }
  }
}
