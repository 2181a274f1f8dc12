package io.dromedary.outbox;

import io.dromedary.outbox.ClaimQueue.Deliverer;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Looks once a second for claims that have been forgotten after an error: settled ones that nobody
 * was told of, overdue ones, and ones that nothing carries. Belongs to the thread of the {@link
 * Poller}.
 */
final class ClaimSweep {

  private final ClaimQueue queue;
  private final Deliverer deliverer;
  private long sweptNanos = System.nanoTime();

  /** Claims that seemed to be forgotten in the last sweep. */
  private Set<Claim> astray = Set.of();

  ClaimSweep(ClaimQueue queue, Deliverer deliverer) {
    this.queue = queue;
    this.deliverer = deliverer;
  }

  /** Sweeps the claims that are open, if the last sweep is long enough ago. */
  void run(Collection<Claim> open, ReadyClaims ready) {
    if (System.nanoTime() - sweptNanos < ClaimQueue.PAUSE.toNanos()) {
      return;
    }
    sweptNanos = System.nanoTime();
    Set<Claim> before = astray;
    astray = new HashSet<>();
    Set<Claim> waiting = ready.all();
    for (Claim claim : open) {
      Settlement ended = claim.ended();
      if (ended != null) {
        queue.settled(claim, ended);
      } else if (claim.isOverdue()) {
        claim.tellOverdue();
        deliverer.giveBack(claim, ClaimQueue.PAUSE);
      } else if (before.contains(claim) && isAstray(claim, waiting)) {
        deliverer.giveBack(claim, ClaimQueue.PAUSE);
      } else if (isAstray(claim, waiting)) {
        astray.add(claim);
      }
    }
  }

  /**
   * Whether a claim seems to be forgotten. A thread that is about to take it on may have it, so
   * only a claim that is still astray in the next sweep is given back.
   */
  private static boolean isAstray(Claim claim, Set<Claim> waiting) {
    return claim.isLost() || (claim.isIdle() && !waiting.contains(claim));
  }
}
