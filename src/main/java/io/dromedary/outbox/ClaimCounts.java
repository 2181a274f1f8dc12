package io.dromedary.outbox;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many claims of a destination are held, run and are in flight. Thread-safe.
 *
 * <p>Each claim is counted as its {@link Stage} says, and changes it only here: a step that is
 * broken off, or done again, counts nothing wrong.
 */
final class ClaimCounts {

  /** How far a claim has come in memory, and how it is counted there. */
  enum Stage {
    /** It is claimed; room was reserved for it. */
    CLAIMED(1, 0, 0, 0),
    /** It waits for its exchange. */
    READY(1, 0, 0, 1),
    /** An exchange carries it. */
    RUNNING(1, 1, 1, 1),
    /** It waits in memory to be sent again. */
    PAUSED(0, 0, 0, 0),
    /** Its exchange has ended, and its settlement is on its way. */
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

  /** What waits or runs, and the room that is reserved. */
  int held() {
    return held.get();
  }

  /** How many exchanges there are. */
  int running() {
    return running.get();
  }

  /** How many a crash would have delivered again: from the start to the commit. */
  int started() {
    return started.get();
  }

  /** How many of those that are held have been attempted before. */
  int retriesHeld() {
    return retriesHeld.get();
  }

  int retriesRunning() {
    return retriesRunning.get();
  }

  /** What the events cost that wait in memory to be sent again. */
  long pausedBytes() {
    return pausedBytes.get();
  }

  /** Takes room for so many, or for as many as are allowed; how many they are is counted there. */
  void reserve(int wanted, int allowed, AtomicInteger reserved) {
    int now = held.get();
    int granted = Math.min(wanted, allowed - now);
    while (granted > 0 && !held.compareAndSet(now, now + granted)) {
      now = held.get();
      granted = Math.min(wanted, allowed - now);
    }
    reserved.addAndGet(Math.max(0, granted));
  }

  /** Gives back what is more than so many of what is counted there. */
  void keep(int most, AtomicInteger reserved) {
    held.addAndGet(most - reserved.getAndSet(most));
  }

  /** Gives back room that no claim has, as much as is counted there. */
  void free(AtomicInteger reserved) {
    held.addAndGet(-reserved.getAndSet(0));
  }

  /** Returns whether the claim was there. */
  boolean move(Claim claim, Stage from, Stage to) {
    // Nothing in between that could fail.
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

  /** It leaves memory, wherever it is. */
  void leave(Claim claim) {
    Stage from;
    do {
      from = Objects.requireNonNull(claim.stage().get());
    } while (from != Stage.GONE && !move(claim, from, Stage.GONE));
  }
}
