package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreOperation;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stores what has become of a claimed event. It is tried until it succeeds. */
final class Settle extends StoreOperation {

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
  protected void join(Store store, long nowMillis) throws SQLException {
    if (settlement instanceof Settlement.Parked parked) {
      // The remaining wait is added to the store's time, since this node's clock may differ.
      long waitMillis =
          Math.max(0, Duration.between(outbox.clock().instant(), parked.dueAt()).toMillis());
      long dueMillis = nowMillis + waitMillis;
      // Events that cannot be parked would block the deliveries that make room.
      boolean isRoomShort = isPostponed || outbox.dialect().lack() != null;
      if (isRoomShort
          && store
              .rows()
              .parkInMemory(claim.id(), dueMillis, parked.attempts(), parked.progress())) {
        claim.setNoted();
      } else {
        store.rows().park(claim.row(), nowMillis, dueMillis, parked.attempts(), parked.progress());
      }
    } else if (settlement instanceof Settlement.Dead dead) {
      // If another node has claimed the event since, that node decides.
      isDead = DeadLetterStatements.giveUp(store, claim.row(), dead.letter());
    } else {
      store.rows().delete(claim.id());
    }
  }

  @Override
  protected void committed() {
    end(settlement);
    if (isDead && settlement instanceof Settlement.Dead dead) {
      outbox.tell(dead.letter());
    }
  }

  @Override
  protected void failed(OutboxException failure) {
    LOG.error(
        "The settlement of an event cannot be stored, so it is delivered again: {}",
        failure.getMessage());
    // The row is unchanged, so the event is claimed again when its lease has ended.
    outbox.leases().leave(claim);
    claim.setNoted();
    OutboxEvent event = claim.event();
    end(
        new Settlement.Parked(
            outbox.clock().instant().plusMillis(outbox.leases().millis()),
            event.attempts(),
            event.progress()));
  }

  private void end(Settlement last) {
    // First, so that the poller finds it if the listener cannot be notified.
    claim.end(last);
    outbox.listeners().settled(claim, last);
  }

  @Override
  protected void postponed() {
    isPostponed = true;
  }

  @Override
  protected boolean isLasting() {
    return true;
  }
}
