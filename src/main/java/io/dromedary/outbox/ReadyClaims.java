package io.dromedary.outbox;

import io.dromedary.outbox.store.Lane;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Queues the claims that are ready to start, in two lanes, and chooses the next one. Thread-safe.
 *
 * <p>While fresh events wait, retries get a quarter of the places in flight and of the starts. An
 * event that fails again and again, or that takes long to fail, must not hold up the others.
 */
final class ReadyClaims {

  /** While fresh events wait, retries get one of this many places in flight, and of the starts. */
  static final int RETRY_SHARE = 4;

  private final Queue<Claim> fresh = new ConcurrentLinkedQueue<>();
  private final Queue<Claim> retries = new ConcurrentLinkedQueue<>();
  private final ClaimCounts places;

  /** The number of fresh events that have started since the last retry. */
  private final AtomicInteger freshInTurn = new AtomicInteger();

  ReadyClaims(ClaimCounts places) {
    this.places = places;
  }

  private Queue<Claim> of(Claim claim) {
    return claim.lane() == Lane.FRESH ? fresh : retries;
  }

  void add(Claim claim) {
    of(claim).add(claim);
  }

  boolean isEmpty() {
    return fresh.isEmpty() && retries.isEmpty();
  }

  boolean hasFresh() {
    return !fresh.isEmpty();
  }

  /**
   * Takes the next claim, which the caller starts. Returns null if none may start now.
   *
   * @param most the number of events that may be in flight
   * @param freshDue whether fresh events wait in the store as well
   */
  @Nullable Claim next(int most, boolean freshDue) {
    boolean othersWait = freshDue || hasFresh();
    boolean isShareUsed = places.retriesRunning() >= Math.max(1, most / RETRY_SHARE);
    Claim claim = null;
    if (freshInTurn.get() < RETRY_SHARE - 1 || (othersWait && isShareUsed)) {
      claim = fresh.poll();
      freshInTurn.addAndGet(claim == null ? 0 : 1);
    }
    if (claim == null && !(othersWait && isShareUsed)) {
      claim = retries.poll();
      if (claim == null) {
        claim = fresh.poll();
      } else {
        freshInTurn.set(0);
      }
    }
    return claim;
  }

  /** All waiting claims. */
  Set<Claim> all() {
    Set<Claim> all = new HashSet<>(fresh);
    all.addAll(retries);
    return all;
  }

  /** Takes any waiting claim; null if there is none. */
  @Nullable Claim poll() {
    Claim claim = fresh.poll();
    return claim == null ? retries.poll() : claim;
  }

  /**
   * The number of retries that may be claimed.
   *
   * @param most the number of events that may be in flight
   * @param room the number of events that may be claimed, fresh ones included
   * @param freshDue whether fresh events wait in the store as well
   */
  int retryRoom(int most, int room, boolean freshDue) {
    boolean othersWait = freshDue || hasFresh();
    int share = Math.max(1, (othersWait ? room : most) / RETRY_SHARE);
    // Few enough retries are held ready that fresh events always find room.
    int mostHeld = (othersWait ? Math.max(1, most / RETRY_SHARE) : most) + share;
    return Math.max(0, Math.min(othersWait ? share : room, mostHeld - places.retriesHeld()));
  }
}
