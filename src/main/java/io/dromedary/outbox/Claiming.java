package io.dromedary.outbox;

import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.MemoryCost;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Claims the events of one destination: as many as its queue has room for, from both lanes. Used by
 * the thread of the {@link Poller} only.
 */
final class Claiming {

  private final Outbox outbox;
  private final ClaimQueue queue;
  private final DueTimes due;
  private final MemoryBudget.Account memory;
  private final Clock clock;
  private @Nullable Asked asked;

  // Room and memory that was reserved for claims which did not arrive, until it is given back.
  private final AtomicInteger spareRoom = new AtomicInteger();
  private final AtomicLong spareBytes = new AtomicLong();
  private int freshInTurn;

  /** A request that the store has not answered yet. */
  private record Asked(
      ClaimDue.Wanted wanted, long fromMillis, CompletableFuture<ClaimDue.Due> due) {}

  Claiming(Outbox outbox, ClaimQueue queue) {
    this.outbox = outbox;
    this.queue = queue;
    this.due = queue.dueTimes();
    this.memory = queue.memory();
    this.clock = outbox.clock();
  }

  ClaimQueue queue() {
    return queue;
  }

  /** Asks the store for due events if there is room for them. Returns whether it has asked. */
  boolean ask() {
    giveBack();
    long nowMillis = clock.millis();
    boolean freshDue = due.isDue(Lane.FRESH, nowMillis);
    boolean retriesDue = due.isDue(Lane.RETRY, nowMillis);
    if (!queue.isTaking() || (!freshDue && !retriesDue)) {
      return false;
    }
    int limit = queue.limit().now();
    int allowed = queue.limit().held(limit);
    int held = queue.places().held();
    int room = Math.min(ClaimCapacity.MOST_CLAIMED, allowed - held);
    if (room < ClaimCapacity.worthwhile(allowed) && (room <= 0 || held > 0)) {
      return false;
    }
    long bytes = Math.min(memory.available(), outbox.memory().mostClaimed());
    ClaimDue.Wanted wanted = bytes <= 0 ? null : wanted(limit, room, bytes, freshDue, retriesDue);
    if (wanted == null) {
      return false;
    }
    // If anything below fails, the next call gives back the spare room.
    queue.places().reserve(wanted.most(), allowed, spareRoom);
    if (spareRoom.get() < wanted.most()) {
      // Events that were handed on meanwhile have taken the room.
      giveBack();
      return false;
    }
    try {
      ask(wanted, nowMillis);
    } catch (RuntimeException | Error e) {
      // The due events have not been claimed.
      due.now();
      throw e;
    }
    return true;
  }

  private ClaimDue.@Nullable Wanted wanted(
      int limit, int room, long bytes, boolean freshDue, boolean retriesDue) {
    int retries = retriesDue ? queue.ready().retryRoom(limit, room, freshDue) : 0;
    if (freshDue && retries > 0 && (room == 1 || bytes < MemoryCost.CLAIM_BYTES)) {
      // There is room for one event only, so the lanes take turns.
      boolean isFreshsTurn = freshInTurn < ReadyClaims.RETRY_SHARE - 1;
      freshInTurn = isFreshsTurn ? freshInTurn + 1 : 0;
      return new ClaimDue.Wanted(1, isFreshsTurn ? 1 : 0, isFreshsTurn ? 0 : 1, bytes);
    }
    int fresh = freshDue ? room - retries : 0;
    return fresh + retries == 0 ? null : new ClaimDue.Wanted(room, fresh, retries, bytes);
  }

  private void ask(ClaimDue.Wanted wanted, long nowMillis) {
    memory.take(wanted.bytes(), spareBytes);
    // Set before asking, so that events which become due meanwhile are not overlooked.
    if (wanted.fresh() > 0) {
      due.unknown(Lane.FRESH);
    }
    if (wanted.retries() > 0) {
      due.unknown(Lane.RETRY);
    }
    ClaimDue claim = new ClaimDue(outbox, queue.destination(), wanted);
    asked = new Asked(wanted, nowMillis, claim.done());
    spareRoom.set(0);
    spareBytes.set(0);
    try {
      CompletableFuture<ClaimDue.Due> unused = claim.ask();
    } catch (RuntimeException | Error e) {
      claim.giveUp(e);
      throw e;
    }
  }

  /** Undoes a request that has failed: the due events have not been claimed. */
  private void failed(ClaimDue.Wanted wanted) {
    spareRoom.addAndGet(wanted.most());
    spareBytes.addAndGet(wanted.bytes());
    due.now();
    giveBack();
  }

  /**
   * Gives back spare room and memory. If that fails, the next call does it. Otherwise the
   * destination would run out of room for good.
   */
  private void giveBack() {
    if (spareBytes.get() != 0 || spareRoom.get() != 0) {
      queue.capacity().giveBack(spareRoom, spareBytes);
    }
  }

  /** Waits for the answer of the store, and passes the claims to the queue. */
  void answer() {
    Asked now = asked;
    if (now == null) {
      return;
    }
    asked = null;
    ClaimDue.Due given;
    try {
      given = now.due().join();
    } catch (CompletionException e) {
      // The store does not work. It has logged that, and wakes the poller when it works again.
      failed(now.wanted());
      return;
    }
    List<Claim> claims = List.of();
    try {
      claims = given.claims().stream().filter(queue::isNew).toList();
      if (now.wanted().fresh() > 0) {
        more(Lane.FRESH, now.fromMillis(), given.freshMillis());
      }
      if (now.wanted().retries() > 0) {
        more(Lane.RETRY, now.fromMillis(), given.retryMillis());
      }
      queue.take(claims);
    } catch (RuntimeException | Error e) {
      due.now();
      // On SQLite a claim without an owner would last until the process ends.
      given.claims().stream().filter(claim -> !queue.has(claim)).forEach(Claim::giveBack);
      throw e;
    } finally {
      spareRoom.addAndGet(now.wanted().most());
      spareBytes.addAndGet(now.wanted().bytes());
      for (Claim claim : claims) {
        // A claim in the queue gives back its own part when it is settled.
        if (queue.has(claim)) {
          spareRoom.decrementAndGet();
          spareBytes.addAndGet(-claim.bytes());
        }
      }
    }
    giveBack();
  }

  /**
   * Notes when more events are due, counted from before the claim: rather too early than too late.
   */
  private void more(Lane lane, long fromMillis, long inMillis) {
    long next = fromMillis + inMillis;
    due.at(lane, inMillis == 0 ? Long.MIN_VALUE : next < 0 ? Long.MAX_VALUE : next);
  }
}
