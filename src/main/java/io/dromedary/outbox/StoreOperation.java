package io.dromedary.outbox;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something for the store to do. The writer calls {@link #join}, and then, when the transaction has
 * ended, either {@link #committed} or {@link #failed}, all on its own thread; the two that end it
 * may not block. What they throw is logged and changes nothing for others, and they are called once
 * more ({@link Twice}).
 */
abstract class StoreOperation {

  private static final int MOST_TRIES = 3;

  // Of the writer's thread.
  private int tries;

  /** From when it is on disk. */
  boolean isStored;

  private boolean isTold;

  /** It has been told of its end. */
  final void setTold() {
    isTold = true;
  }

  final boolean isTold() {
    return isTold;
  }

  /** Whether it is tried again after an error that is neither its own fault nor the store's. */
  final boolean mayTryAgain() {
    return ++tries < MOST_TRIES;
  }

  /** How many rows it is about, so that a transaction stays short. */
  int rows() {
    return 1;
  }

  /** Takes part in a transaction. Called again if that failed because of other work in it. */
  abstract void join(Store store, long nowMillis) throws SQLException;

  abstract void committed();

  /** The transaction is rolled back, and may be tried again. */
  void rolledBack() {}

  /** The store could not do it, and it will be tried again. */
  void postponed() {}

  /** It will not be tried again. */
  abstract void failed(OutboxException failure);

  /** Whether it is tried until it succeeds, because nobody waits for it who could do so. */
  boolean isLasting() {
    return false;
  }

  static long token() {
    // Another than the 0 that stands for none.
    return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
  }

  /** An event and where it goes. */
  record Arrival(String destination, OutboxEvent event) {}

  /** What has become of claimed events. */
  static final class Settle extends StoreOperation {

    private static final Logger LOG = LoggerFactory.getLogger(Settle.class);

    private final Outbox outbox;
    private final Claim claim;
    private final Settlement settlement;
    private boolean isPostponed;
    private boolean isDead;

    Settle(Outbox outbox, Claim claim, Settlement settlement) {
      this.outbox = outbox;
      this.claim = claim;
      this.settlement = settlement;
    }

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      if (settlement instanceof Settlement.Parked parked) {
        // A wait, since this node's clock need not be the store's.
        long waitMillis = Math.max(0, outbox.millisUntil(parked.dueAt()));
        long dueMillis = nowMillis + waitMillis;
        // Events that wait to be parked would keep those from being delivered that make room.
        boolean isRoomShort = isPostponed || outbox.lack() != null;
        if (isRoomShort
            && store.parkInMemory(claim, dueMillis, parked.attempts(), parked.progress())) {
          claim.setNoted();
        } else {
          store.park(claim, nowMillis, dueMillis, parked.attempts(), parked.progress());
        }
      } else if (settlement instanceof Settlement.Dead dead) {
        // Whoever has claimed it since then decides.
        isDead = store.giveUp(claim, dead.letter());
      } else {
        store.delete(claim.id());
      }
    }

    @Override
    void committed() {
      end(settlement);
      if (isDead && settlement instanceof Settlement.Dead dead) {
        outbox.tell(dead.letter());
      }
    }

    @Override
    void failed(OutboxException failure) {
      LOG.error(
          "What became of an event cannot be stored, so it is delivered again: {}",
          failure.getMessage());
      // The row stays where it is: it is claimed again when its lease has ended.
      outbox.leaveClaimed(claim);
      claim.setNoted();
      OutboxEvent event = claim.event();
      end(
          new Settlement.Parked(
              outbox.clock().instant().plusMillis(outbox.leaseMillis()),
              event.attempts(),
              event.progress()));
    }

    private void end(Settlement last) {
      // First: its taker finds it by that if it is not told.
      claim.end(last);
      outbox.settled(claim, last);
    }

    @Override
    void postponed() {
      isPostponed = true;
    }

    @Override
    boolean isLasting() {
      return true;
    }
  }

  /** Anything else, such as a replay. */
  static final class Task<T> extends StoreOperation {

    /** What is done on the store. */
    interface Body<T> {
      T run(Store store, long nowMillis) throws SQLException;
    }

    private final Body<T> body;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private @Nullable T result;

    Task(Body<T> body) {
      this.body = body;
    }

    CompletableFuture<T> done() {
      return done;
    }

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      result = body.run(store, nowMillis);
    }

    @Override
    void committed() {
      done.complete(result);
    }

    @Override
    void failed(OutboxException failure) {
      done.completeExceptionally(failure);
    }
  }
}
