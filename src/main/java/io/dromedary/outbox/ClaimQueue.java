package io.dromedary.outbox;

import io.dromedary.outbox.ClaimCounts.Stage;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a destination that are in memory. Thread-safe.
 *
 * <p>An event is in flight from the start of its exchange until its settlement is committed: so no
 * more are delivered twice after a crash than may be in flight. How many exchanges there may be at
 * the moment is less than that, and a commit is not waited for. More are held ready, since what is
 * handed on need not be claimed; {@link ClaimCounts} counts them. Claims stay in {@code open} until
 * their settlement is committed, so that a stop can give them back.
 */
final class ClaimQueue implements ClaimListener {

  /** What becomes of claims that may begin, or that have to go back. */
  interface Deliverer {

    /** Begins an exchange on another thread, or settles the claim; throws nothing. */
    void start(Claim claim);

    /** Gives a claim back, so that it is due again after a while; throws nothing. */
    void giveBack(Claim claim, Duration after);

    /** For how long it parks events that have failed. */
    default Duration retryDelay() {
      return Duration.ZERO;
    }
  }

  static final int MOST_CLAIMED = 500;

  /** What has failed for want of a thread or of memory is not tried again at once. */
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

  /** How many have asked for ready claims to be started since somebody began to start them. */
  private final AtomicInteger starts = new AtomicInteger();

  private final Map<Long, Claim> open = new ConcurrentHashMap<>();
  private volatile boolean taking;

  // Of the thread that claims.
  private long sweptNanos = System.nanoTime();

  /** Claims that nobody seemed to have when it last looked. */
  private Set<Claim> astray = Set.of();

  ClaimQueue(Outbox outbox, String destination, InFlightLimit limit, Deliverer deliverer) {
    this.outbox = outbox;
    this.destination = destination;
    this.limit = limit;
    this.deliverer = deliverer;
    this.clock = outbox.clock();
    this.memory = outbox.memory().open();
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
    // Also what waits in memory for an exchange that will not go on any more.
    open.values().forEach(claim -> deliverer.giveBack(claim, Duration.ZERO));
    memory.close();
  }

  // Room

  /**
   * How much room there has to be before it is worth a claim, which costs the same for any number.
   */
  static int worthwhile(int allowed) {
    return Math.max(1, Math.min(MOST_CLAIMED, allowed / 4));
  }

  @Override
  public int reserve(List<OutboxEvent> wanted) {
    // Nothing goes before what waits; what has been attempted does not count as that.
    if (!taking || due.isBacklog(Lane.FRESH)) {
      return 0;
    }
    AtomicInteger room = new AtomicInteger();
    AtomicLong bytes = new AtomicLong();
    try {
      places.reserve(wanted.size(), limit.held(limit.now()), room);
      int taken = 0;
      while (taken < room.get() && memory.tryTake(MemoryBudget.cost(wanted.get(taken)), bytes)) {
        taken++;
      }
      places.keep(taken, room);
      return taken;
    } catch (RuntimeException | Error e) {
      giveBack(room, bytes);
      throw e;
    }
  }

  @Override
  public void giveBack(List<OutboxEvent> reserved) {
    long bytes = reserved.stream().mapToLong(MemoryBudget::cost).sum();
    giveBack(new AtomicInteger(reserved.size()), new AtomicLong(bytes));
  }

  /**
   * Gives back what is counted there; what is left when something is thrown can be the next time.
   */
  void giveBack(AtomicInteger room, AtomicLong bytes) {
    try {
      memory.give(bytes);
    } finally {
      places.free(room);
    }
    noticeRoom();
  }

  private void noticeRoom() {
    if (due.isBacklog(Lane.FRESH) || due.isBacklog(Lane.RETRY)) {
      int allowed = limit.held(limit.now());
      if (allowed - places.held() >= worthwhile(allowed)) {
        outbox.poller().wake();
      }
    }
  }

  @Override
  public boolean mayWait(long bytes) {
    return memory.mayWait(places.pausedBytes() + bytes);
  }

  @Override
  public void paused(Claim claim) {
    if (places.move(claim, Stage.RUNNING, Stage.PAUSED)) {
      noticeRoom();
      startReady();
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
    // What waits takes no place that could become free.
    if (places.move(claim, Stage.RUNNING, Stage.ENDED)) {
      limit.ended();
      noticeRoom();
      startReady();
    }
  }

  @Override
  public void settled(Claim claim, Settlement settlement) {
    // First: what fails before the claim is removed is done again by the poller.
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
    // Not what an earlier start of this consumer has held: that is no longer counted.
    if (open.get(claim.id()) == claim) {
      // First: a claim that is open is looked after, and no other.
      leave(claim);
      noticeRoom();
    }
    startReady();
  }

  /** What fails in here is done again by the poller. */
  private void leave(Claim claim) {
    places.leave(claim);
    memory.give(claim.memory());
    open.remove(claim.id(), claim);
  }

  // Starts

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
    startReady();
  }

  /**
   * Starts exchanges as far as there may be more. One thread at a time does, for all that ask
   * meanwhile: an exchange that ends at once asks again, and must not start the next inside itself.
   */
  private void startReady() {
    if (ready.isEmpty() || starts.getAndIncrement() > 0) {
      return;
    }
    int asked;
    do {
      asked = starts.get();
      try {
        startWhileRoom();
      } catch (RuntimeException | Error e) {
        starts.set(0);
        throw e;
      }
    } while (!starts.compareAndSet(asked, 0));
  }

  private void startWhileRoom() {
    int most = limit.now();
    int mostStarted = limit.mostInFlight(most);
    while (places.running() < most && places.started() < mostStarted && !ready.isEmpty()) {
      Claim claim = ready.next(most, isFreshDue());
      if (claim == null && !ready.hasFresh()) {
        // Retries that have to wait.
        return;
      }
      try {
        // Not if it has been given back meanwhile.
        if (claim != null && places.move(claim, Stage.READY, Stage.RUNNING)) {
          deliverer.start(claim);
        }
      } catch (RuntimeException | Error e) {
        deliverer.giveBack(claim, PAUSE);
      }
    }
  }

  /** Whether events wait in the store that have never been attempted. */
  boolean isFreshDue() {
    return due.isDue(Lane.FRESH, clock.millis());
  }

  // For the thread that claims

  /** Whether there is something that it has no room for: nobody tells when it has. */
  boolean isHeldUp() {
    return taking && (!ready.isEmpty() || isFreshDue() || due.isDue(Lane.RETRY, clock.millis()));
  }

  /** Settles and starts what could not be when it was to be. */
  void sweep() {
    if (System.nanoTime() - sweptNanos >= PAUSE.toNanos()) {
      sweptNanos = System.nanoTime();
      Set<Claim> before = astray;
      astray = new HashSet<>();
      Set<Claim> waiting = ready.all();
      for (Claim claim : open.values()) {
        Settlement ended = claim.ended();
        if (ended != null) {
          settled(claim, ended);
        } else if (claim.isOverdue()) {
          claim.tellOverdue();
          deliverer.giveBack(claim, PAUSE);
        } else if (before.contains(claim) && isAstray(claim, waiting)) {
          deliverer.giveBack(claim, PAUSE);
        } else if (isAstray(claim, waiting)) {
          astray.add(claim);
        }
      }
    }
    startReady();
  }

  /** Whether it is looked after here, or was and has left. */
  boolean has(Claim claim) {
    return open.get(claim.id()) == claim || claim.stage().get() != Stage.CLAIMED;
  }

  /**
   * Whether nobody seems to have it; who is just about to take it on still has it a while later.
   */
  private static boolean isAstray(Claim claim, Set<Claim> waiting) {
    return claim.isLost() || (claim.isIdle() && !waiting.contains(claim));
  }

  /** A lease that has ended may be this node's own: then the event goes on as it was. */
  boolean isNew(Claim claim) {
    Claim earlier = open.get(claim.id());
    Settlement ended = earlier == null ? null : earlier.ended();
    if (earlier != null && ended != null) {
      // Nobody could tell of it.
      settled(earlier, ended);
    } else if (earlier != null) {
      earlier.renew(claim);
      return false;
    }
    return true;
  }
}
