package io.dromedary.outbox;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An operation on the store. The writer calls {@link #join} and, when the transaction has ended,
 * either {@link #committed} or {@link #failed}, all on its own thread. The latter two must not
 * block. If one of them throws anything, it is called once more ({@link RetryOnce}); the exception
 * is logged and does not affect other operations.
 */
abstract class StoreOperation {

  private static final int MOST_TRIES = 3;

  // Used by the writer's thread only.
  private int tries;

  /** Whether it is on disk. */
  boolean isStored;

  private boolean isTold;

  /** Notes that {@link #committed} or {@link #failed} has been called. */
  final void setTold() {
    isTold = true;
  }

  final boolean isTold() {
    return isTold;
  }

  /** Whether to try it again after an error that is neither its own fault nor the store's. */
  final boolean mayTryAgain() {
    return ++tries < MOST_TRIES;
  }

  /** The number of rows that it affects, by which the writer keeps transactions short. */
  int rows() {
    return 1;
  }

  /** Does the work in a transaction. Called again if another operation made that fail. */
  abstract void join(Store store, long nowMillis) throws SQLException;

  abstract void committed();

  /** Called after the transaction was rolled back. The operation may be tried again. */
  void rolledBack() {}

  /** Called if the store could not do it. The operation will be tried again. */
  void postponed() {}

  /** Called if it has failed for good. */
  abstract void failed(OutboxException failure);

  /** Whether it is tried until it succeeds, because no caller waits for it and could try again. */
  boolean isLasting() {
    return false;
  }

  static long token() {
    // Not 0, which means that there is no claim.
    return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
  }

  /** An event and its destination. */
  record Arrival(String destination, OutboxEvent event) {}

  /** Settles a claim. */
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
        // The remaining wait is added to the store's time, since this node's clock may differ.
        long waitMillis = Math.max(0, outbox.millisUntil(parked.dueAt()));
        long dueMillis = nowMillis + waitMillis;
        // Events that cannot be parked would block the deliveries that make room.
        boolean isRoomShort = isPostponed || outbox.lack() != null;
        if (isRoomShort
            && store.parkInMemory(claim, dueMillis, parked.attempts(), parked.progress())) {
          claim.setNoted();
        } else {
          store.park(claim, nowMillis, dueMillis, parked.attempts(), parked.progress());
        }
      } else if (settlement instanceof Settlement.Dead dead) {
        // If another node has claimed the event since, that node decides.
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
          "The settlement of an event cannot be stored, so it is delivered again: {}",
          failure.getMessage());
      // The row is unchanged, so the event is claimed again when its lease has ended.
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
      // First, so that the poller finds it if the listener cannot be notified.
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

  /** Any other operation, such as a part of a replay. */
  static final class Task<T> extends StoreOperation {

    /** The work to do on the store. */
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
