package io.dromedary.outbox;

import io.dromedary.outbox.ClaimCounts.Stage;
import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a destination that are in memory. Thread-safe.
 *
 * <p>An event is in flight from the start of its exchange until its settlement is committed, so a
 * crash repeats no more events than may be in flight. Fewer exchanges may run at a time; the next
 * one does not wait for the commit of the one before. More claims are held ready, since an event
 * that is handed on need not be claimed; {@link ClaimCounts} counts them. Claims stay in {@code
 * open} until their settlement is committed, so that a stop can give them back.
 */
final class ClaimQueue implements ClaimListener {

  /** Delivers claims, or gives them back. */
  interface Deliverer {

    /** Begins an exchange on another thread, or settles the claim; throws nothing. */
    void start(Claim claim);

    /** Gives a claim back, so that it is due again after a while; throws nothing. */
    void giveBack(Claim claim, Duration after);

    /** How long it parks events that have failed. */
    default Duration retryDelay() {
      return Duration.ZERO;
    }
  }

  /** After a failure for lack of a thread or of memory, the next attempt waits this long. */
  static final Duration PAUSE = Duration.ofSeconds(1);

  private final Outbox outbox;
  private final String destination;
  private final InFlightLimit limit;
  private final Deliverer deliverer;
  private final Clock clock;
  private final MemoryBudget.Account memory;
  private final DueTimes due = new DueTimes();
  private final ClaimCounts places = new ClaimCounts();
  private final ReadyClaims ready = new ReadyClaims(places);
  private final ClaimCapacity capacity;
  private final ClaimStarter starter;
  private final ClaimSweep sweep;

  private final Map<Long, Claim> open = new ConcurrentHashMap<>();
  private volatile boolean taking;

  ClaimQueue(Outbox outbox, String destination, InFlightLimit limit, Deliverer deliverer) {
    this.outbox = outbox;
    this.destination = destination;
    this.limit = limit;
    this.deliverer = deliverer;
    this.clock = outbox.clock();
    this.memory = outbox.memory().open();
    this.capacity = new ClaimCapacity(places, memory, limit, due, outbox.poller());
    this.starter = new ClaimStarter(ready, places, limit, deliverer, this::isFreshDue);
    this.sweep = new ClaimSweep(this, deliverer);
  }

  String destination() {
    return destination;
  }

  boolean isTaking() {
    return taking;
  }

  ClaimCounts places() {
    return places;
  }

  DueTimes dueTimes() {
    return due;
  }

  ReadyClaims ready() {
    return ready;
  }

  InFlightLimit limit() {
    return limit;
  }

  MemoryBudget.Account memory() {
    return memory;
  }

  ClaimCapacity capacity() {
    return capacity;
  }

  @Override
  public List<Long> ids() {
    return List.copyOf(open.keySet());
  }

  @Override
  public @Nullable String failure() {
    return limit.failure();
  }

  /** Takes events from now on. */
  void begin() {
    due.now();
    taking = true;
    outbox.poller().add(this);
  }

  /** Takes no more events, and gives back those that no exchange carries yet. */
  void end() throws InterruptedException {
    taking = false;
    outbox.poller().remove(this);
    for (Claim claim = ready.poll(); claim != null; claim = ready.poll()) {
      deliverer.giveBack(claim, Duration.ZERO);
    }
  }

  /** Gives back all that has not been settled, and counts nothing any more. */
  void close() {
    // Including events that wait in memory for an exchange that will not go on.
    open.values().forEach(claim -> deliverer.giveBack(claim, Duration.ZERO));
    memory.close();
  }

  @Override
  public int reserve(List<OutboxEvent> wanted) {
    return taking ? capacity.reserve(wanted) : 0;
  }

  @Override
  public void giveBack(List<OutboxEvent> reserved) {
    capacity.giveBack(reserved);
  }

  @Override
  public boolean mayWait(long bytes) {
    return capacity.mayWait(bytes);
  }

  @Override
  public void paused(Claim claim) {
    if (places.move(claim, Stage.RUNNING, Stage.PAUSED)) {
      capacity.noticeRoom();
      starter.startReady();
    }
  }

  @Override
  public boolean mayResume() {
    return !limit.isExceeded(places.started());
  }

  @Override
  public void resumed(Claim claim) {
    if (claim.stage().get() == Stage.PAUSED) {
      // Before it is counted again.
      claim.retry();
      places.move(claim, Stage.PAUSED, Stage.RUNNING);
    }
  }

  @Override
  public Duration retryDelay() {
    return deliverer.retryDelay();
  }

  @Override
  public void due() {
    due.now();
    outbox.poller().wake();
  }

  @Override
  public void ended(Claim claim) {
    // A paused event takes no place that could become free.
    if (places.move(claim, Stage.RUNNING, Stage.ENDED)) {
      limit.ended();
      capacity.noticeRoom();
      starter.startReady();
    }
  }

  @Override
  public void settled(Claim claim, Settlement settlement) {
    // First: if this fails before the claim is removed, the poller does it again.
    if (settlement instanceof Settlement.Parked parked) {
      // Only ever too early: the poller asks the store for the instant after that.
      long millis = parked.dueAt().toEpochMilli();
      due.at(Lane.of(parked.attempts()), millis);
      if (claim.isNoted()) {
        // Its row is where it was.
        due.at(Lane.FRESH, millis);
        due.at(Lane.RETRY, millis);
      }
      outbox.poller().wakeBy(millis);
    }
    // Claims of an earlier start of this consumer are no longer counted.
    if (open.get(claim.id()) == claim) {
      // First, since only open claims are swept.
      leave(claim);
      capacity.noticeRoom();
    }
    starter.startReady();
  }

  /** If this fails, the poller does it again. */
  private void leave(Claim claim) {
    places.leave(claim);
    memory.give(claim.memory());
    open.remove(claim.id(), claim);
  }

  @Override
  public void take(List<Claim> claims) {
    for (Claim claim : claims) {
      if (has(claim)) {
        // It was taken before something was thrown.
        continue;
      }
      try {
        open.put(claim.id(), claim);
        places.move(claim, Stage.CLAIMED, Stage.READY);
        if (taking) {
          ready.add(claim);
        } else {
          deliverer.giveBack(claim, Duration.ZERO);
        }
      } catch (RuntimeException | Error e) {
        if (open.get(claim.id()) != claim) {
          leave(claim);
        }
        deliverer.giveBack(claim, PAUSE);
      }
    }
    starter.startReady();
  }

  /** Whether events wait in the store that have never been attempted. */
  boolean isFreshDue() {
    return due.isDue(Lane.FRESH, clock.millis());
  }

  /** Whether claims or events wait for room: nobody is told when there is some. */
  boolean isHeldUp() {
    return taking && (!ready.isEmpty() || isFreshDue() || due.isDue(Lane.RETRY, clock.millis()));
  }

  /** Settles and starts the claims that could not be when they should have been. */
  void sweep() {
    sweep.run(open.values(), ready);
    starter.startReady();
  }

  /** Whether a claim has been taken here, even if it has left since. */
  boolean has(Claim claim) {
    return open.get(claim.id()) == claim || claim.stage().get() != Stage.CLAIMED;
  }

  /**
   * Returns false if the event is in memory already: then the lease that has ended is this node's
   * own, and is renewed.
   */
  boolean isNew(Claim claim) {
    Claim earlier = open.get(claim.id());
    Settlement ended = earlier == null ? null : earlier.ended();
    if (earlier != null && ended != null) {
      // Its settlement was committed, but could not be told.
      settled(earlier, ended);
    } else if (earlier != null) {
      earlier.renew(claim);
      return false;
    }
    return true;
  }
}
