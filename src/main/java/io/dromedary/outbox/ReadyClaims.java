package io.dromedary.outbox;

import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Claims that may be started, in two lanes, and which goes next. Thread-safe.
 *
 * <p>While events wait that have never been attempted, those that have failed before get a quarter
 * of what is in flight, and of the starts: an event that fails again and again, or that takes long
 * to fail, must not hold up the others.
 */
final class ReadyClaims {

  /** While others wait, the share of events that have been attempted before: one in so many. */
  static final int RETRY_SHARE = 4;

  private final Queue<Claim> fresh = new ConcurrentLinkedQueue<>();
  private final Queue<Claim> retries = new ConcurrentLinkedQueue<>();
  private final ClaimCounts places;

  /** How many fresh events have begun since the last retry. */
  private final AtomicInteger freshInTurn = new AtomicInteger();

  /** None yet. */
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
   * Takes the next one, which its caller starts; null if there is none that may be.
   *
   * @param most how many may be in flight
   * @param freshDue whether fresh ones wait in the store, too
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

  /** All that wait. */
  Set<Claim> all() {
    Set<Claim> all = new HashSet<>(fresh);
    all.addAll(retries);
    return all;
  }

  /** Takes any of them. */
  @Nullable Claim poll() {
    Claim claim = fresh.poll();
    return claim == null ? retries.poll() : claim;
  }

  /** How many retries may be claimed, if there is room for so many events. */
  int retryRoom(int most, int room, boolean freshDue) {
    boolean othersWait = freshDue || hasFresh();
    int share = Math.max(1, (othersWait ? room : most) / RETRY_SHARE);
    // So few are held ready that fresh ones always find room.
    int mostHeld = (othersWait ? Math.max(1, most / RETRY_SHARE) : most) + share;
    return Math.max(0, Math.min(othersWait ? share : room, mostHeld - places.retriesHeld()));
  }
}
