package io.dromedary.outbox;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * How the events of a destination are claimed: as many as its queue has room for, of both lanes.
 * Belongs to the thread of the {@link Poller}.
 */
final class Claiming {

  /** Of claims of one event each, every fourth is of a retry. */
  private static final int TURNS = 4;

  private final Outbox outbox;
  private final ClaimQueue queue;
  private final DueTimes due;
  private final MemoryBudget.Account memory;
  private final Clock clock;
  private @Nullable Asked asked;
  private int freshInTurn;

  /** What is on its way from the store. */
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

  /** Asks the store for what is due, if there is room for it, and says whether it has. */
  boolean ask() {
    long nowMillis = clock.millis();
    boolean freshDue = due.isDue(Lane.FRESH, nowMillis);
    boolean retriesDue = due.isDue(Lane.RETRY, nowMillis);
    if (!queue.isTaking() || (!freshDue && !retriesDue)) {
      return false;
    }
    int limit = queue.limit().now();
    int allowed = queue.limit().held(limit);
    int room = Math.min(ClaimQueue.MOST_CLAIMED, allowed - queue.held());
    if (room < ClaimQueue.worthwhile(allowed) && (room <= 0 || queue.held() > 0)) {
      return false;
    }
    long bytes = Math.min(memory.available(), outbox.memory().mostClaimed());
    ClaimDue.Wanted wanted = bytes <= 0 ? null : wanted(limit, room, bytes, freshDue, retriesDue);
    if (wanted == null) {
      return false;
    }
    int reserved = queue.reserveUpTo(wanted.most(), allowed);
    if (reserved < wanted.most()) {
      // Events were handed on in between.
      queue.free(reserved);
      return false;
    }
    ask(wanted, nowMillis);
    return true;
  }

  private ClaimDue.@Nullable Wanted wanted(
      int limit, int room, long bytes, boolean freshDue, boolean retriesDue) {
    int retries = retriesDue ? queue.ready().retryRoom(limit, room, freshDue) : 0;
    if (freshDue && retries > 0 && (room == 1 || bytes < MemoryBudget.CLAIM_BYTES)) {
      // Only one of them has room.
      boolean isFreshsTurn = freshInTurn < TURNS - 1;
      freshInTurn = isFreshsTurn ? freshInTurn + 1 : 0;
      return new ClaimDue.Wanted(1, isFreshsTurn ? 1 : 0, isFreshsTurn ? 0 : 1, bytes);
    }
    int fresh = freshDue ? room - retries : 0;
    return fresh + retries == 0 ? null : new ClaimDue.Wanted(room, fresh, retries, bytes);
  }

  private void ask(ClaimDue.Wanted wanted, long nowMillis) {
    memory.take(wanted.bytes());
    // Before it is asked for: what becomes due meanwhile must not be overlooked.
    if (wanted.fresh() > 0) {
      due.unknown(Lane.FRESH);
    }
    if (wanted.retries() > 0) {
      due.unknown(Lane.RETRY);
    }
    try {
      asked = new Asked(wanted, nowMillis, outbox.claimDue(queue.destination(), wanted));
    } catch (RuntimeException | Error e) {
      end(wanted, List.of());
      due.now();
      throw e;
    }
  }

  private void end(ClaimDue.Wanted wanted, List<Claim> claims) {
    memory.give(wanted.bytes());
    claims.forEach(claim -> memory.take(claim.bytes()));
    queue.free(wanted.most() - claims.size());
  }

  /** Waits for the store, and takes what it has given. */
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
      // The store does not work; it has said so, and asks us to come again when it does.
      end(now.wanted(), List.of());
      due.now();
      return;
    }
    end(now.wanted(), given.claims());
    if (now.wanted().fresh() > 0) {
      more(Lane.FRESH, now.fromMillis(), given.freshMillis());
    }
    if (now.wanted().retries() > 0) {
      more(Lane.RETRY, now.fromMillis(), given.retryMillis());
    }
    List<Claim> taken = new ArrayList<>(given.claims().size());
    for (Claim claim : given.claims()) {
      if (queue.isNew(claim)) {
        taken.add(claim);
      } else {
        memory.give(claim.bytes());
        queue.free(1);
      }
    }
    queue.take(taken);
  }

  /** Counted from before the claim: too early rather than too late. */
  private void more(Lane lane, long fromMillis, long inMillis) {
    long next = fromMillis + inMillis;
    due.at(lane, inMillis == 0 ? Long.MIN_VALUE : next < 0 ? Long.MAX_VALUE : next);
  }
}
