package io.dromedary.outbox;

import io.dromedary.outbox.store.Lane;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the claims of a destination that are held, running and in flight. Thread-safe.
 *
 * <p>Each claim counts according to its {@link Stage}, which only this class changes. So the counts
 * stay correct if a step is interrupted by an error or repeated.
 */
final class ClaimCounts {

  /** The stage of a claim in memory, which determines how it counts. */
  enum Stage {
    /** It is claimed, and takes room that was reserved for it. */
    CLAIMED(1, 0, 0, 0),
    /** It waits for its exchange. */
    READY(1, 0, 0, 1),
    /** An exchange carries it. */
    RUNNING(1, 1, 1, 1),
    /** It waits in memory for its next attempt. */
    PAUSED(0, 0, 0, 0),
    /** Its exchange has ended, and its settlement is not committed yet. */
    ENDED(0, 0, 1, 0),
    /** It has left memory. */
    GONE(0, 0, 0, 0);

    private final int held;
    private final int running;
    private final int started;
    private final int taken;

    Stage(int held, int running, int started, int taken) {
      this.held = held;
      this.running = running;
      this.started = started;
      this.taken = taken;
    }
  }

  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger retriesHeld = new AtomicInteger();
  private final AtomicInteger retriesRunning = new AtomicInteger();
  private final AtomicLong pausedBytes = new AtomicLong();

  /** The number of claims that wait for an exchange or run, plus the reserved room. */
  int held() {
    return held.get();
  }

  /** The number of exchanges. */
  int running() {
    return running.get();
  }

  /**
   * The number of events from the start of their exchange to the commit of their settlement, which
   * a crash would deliver again.
   */
  int started() {
    return started.get();
  }

  /** The number of retries that wait for an exchange or run. */
  int retriesHeld() {
    return retriesHeld.get();
  }

  int retriesRunning() {
    return retriesRunning.get();
  }

  /** The memory taken by events that wait for their next attempt. */
  long pausedBytes() {
    return pausedBytes.get();
  }

  /**
   * Reserves room for claims.
   *
   * @param wanted the number of claims to reserve room for
   * @param allowed the number of claims that may be held; less room is reserved if they would be
   *     more
   * @param reserved is increased by the room that was reserved
   */
  void reserve(int wanted, int allowed, AtomicInteger reserved) {
    int now = held.get();
    int granted = Math.min(wanted, allowed - now);
    while (granted > 0 && !held.compareAndSet(now, now + granted)) {
      now = held.get();
      granted = Math.min(wanted, allowed - now);
    }
    reserved.addAndGet(Math.max(0, granted));
  }

  /** Gives back reserved room, except for {@code most} claims. */
  void keep(int most, AtomicInteger reserved) {
    held.addAndGet(most - reserved.getAndSet(most));
  }

  /** Gives back reserved room that no claim has taken, and sets {@code reserved} to 0. */
  void free(AtomicInteger reserved) {
    held.addAndGet(-reserved.getAndSet(0));
  }

  /**
   * Moves a claim to another stage. Returns false, and does nothing, if it is not at {@code from}.
   */
  boolean move(Claim claim, Stage from, Stage to) {
    // Nothing below can fail, so the stage and the counts agree.
    if (!claim.stage().compareAndSet(from, to)) {
      return false;
    }
    held.addAndGet(to.held - from.held);
    running.addAndGet(to.running - from.running);
    started.addAndGet(to.started - from.started);
    if (claim.lane() == Lane.RETRY) {
      retriesHeld.addAndGet(to.taken - from.taken);
      retriesRunning.addAndGet(to.running - from.running);
    }
    if (from == Stage.PAUSED || to == Stage.PAUSED) {
      pausedBytes.addAndGet(to == Stage.PAUSED ? claim.bytes() : -claim.bytes());
    }
    return true;
  }

  /** Moves a claim from any stage to {@link Stage#GONE}. */
  void leave(Claim claim) {
    Stage from;
    do {
      from = Objects.requireNonNull(claim.stage().get());
    } while (from != Stage.GONE && !move(claim, from, Stage.GONE));
  }
}
