package io.dromedary.outbox;

import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a destination that are in memory. Thread-safe.
 *
 * <p>An event is in flight from the start of its exchange until its settlement is committed: so no
 * more are delivered twice after a crash than may be in flight ({@code started}). How many
 * exchanges there may be at the moment is less than that, and a commit is not waited for ({@code
 * running}). More are held ready, since what is handed on need not be claimed ({@code held}, which
 * counts what waits or runs). Claims stay in {@code open} until their settlement is committed, so
 * that a stop can give them back.
 */
final class ClaimQueue implements Taker {

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
  private final ReadyClaims ready = new ReadyClaims();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger started = new AtomicInteger();

  /** How many have asked for ready claims to be started since somebody began to start them. */
  private final AtomicInteger starts = new AtomicInteger();

  private final Map<Long, Claim> open = new ConcurrentHashMap<>();
  private volatile boolean taking;

  // Of the thread that claims.
  private long sweptNanos = System.nanoTime();

  /** Claims that neither began nor waited to begin when it last looked. */
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

  int started() {
    return started.get();
  }

  int held() {
    return held.get();
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

  int reserveUpTo(int wanted, int allowed) {
    while (true) {
      int now = held.get();
      int granted = Math.min(wanted, allowed - now);
      if (granted <= 0) {
        return 0;
      }
      if (held.compareAndSet(now, now + granted)) {
        return granted;
      }
    }
  }

  @Override
  public int reserve(List<OutboxEvent> wanted) {
    // Nothing goes before what waits; what has been attempted does not count as that.
    if (!taking || due.isBacklog(Lane.FRESH)) {
      return 0;
    }
    int granted = reserveUpTo(wanted.size(), limit.held(limit.now()));
    int taken = 0;
    try {
      while (taken < granted && memory.tryTake(MemoryBudget.cost(wanted.get(taken)))) {
        taken++;
      }
      return taken;
    } catch (RuntimeException | Error e) {
      giveBack(wanted.subList(0, taken));
      throw e;
    } finally {
      held.addAndGet(taken - granted);
    }
  }

  @Override
  public void giveBack(List<OutboxEvent> reserved) {
    try {
      memory.give(reserved.stream().mapToLong(MemoryBudget::cost).sum());
    } finally {
      free(reserved.size());
    }
  }

  /** Gives room back. */
  void free(int events) {
    held.addAndGet(-events);
    noticeRoom();
  }

  private void noticeRoom() {
    if (due.isBacklog(Lane.FRESH) || due.isBacklog(Lane.RETRY)) {
      int allowed = limit.held(limit.now());
      if (allowed - held.get() >= worthwhile(allowed)) {
        outbox.poller().wake();
      }
    }
  }

  @Override
  public boolean mayWait(long bytes) {
    return memory.mayWait(bytes);
  }

  @Override
  public void paused(Claim claim) {
    if (!claim.setPaused(true)) {
      return;
    }
    started.decrementAndGet();
    running.decrementAndGet();
    held.decrementAndGet();
    try {
      memory.waits(claim.bytes());
    } finally {
      ready.count(claim, -1, -1);
    }
    noticeRoom();
    startReady();
  }

  @Override
  public boolean mayResume() {
    return !limit.isExceeded(started.get());
  }

  @Override
  public void resumed(Claim claim) {
    if (!claim.setPaused(false)) {
      return;
    }
    held.incrementAndGet();
    running.incrementAndGet();
    started.incrementAndGet();
    try {
      memory.waits(-claim.bytes());
    } finally {
      claim.retry();
      ready.count(claim, 1, 1);
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
    if (!claim.isPaused() && claim.endExchange()) {
      running.decrementAndGet();
      held.decrementAndGet();
      limit.ended();
      ready.count(claim, -1, -1);
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
    if (open.remove(claim.id(), claim)) {
      // What stays counted would hold up its destination for good: each count, whatever is thrown.
      boolean isPaused = claim.isPaused();
      boolean ran = claim.endExchange();
      boolean wasStarted = claim.leave();
      if (!isPaused) {
        started.addAndGet(wasStarted ? -1 : 0);
        running.addAndGet(ran ? -1 : 0);
        held.addAndGet(ran || !wasStarted ? -1 : 0);
      }
      try {
        memory.give(claim.bytes());
      } finally {
        if (isPaused) {
          memory.waits(-claim.bytes());
        } else if (ran || !wasStarted) {
          ready.count(claim, -1, ran ? -1 : 0);
        }
      }
      noticeRoom();
    }
    startReady();
  }

  // Starts

  @Override
  public void take(List<Claim> claims) {
    for (Claim claim : claims) {
      if (open.get(claim.id()) == claim) {
        // It was taken before something was thrown.
        continue;
      }
      ready.count(claim, 1, 0);
      try {
        open.put(claim.id(), claim);
        if (taking) {
          ready.add(claim);
        } else {
          deliverer.giveBack(claim, Duration.ZERO);
        }
      } catch (RuntimeException | Error e) {
        if (open.get(claim.id()) != claim) {
          ready.count(claim, -1, 0);
          giveBack(List.of(claim.event()));
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
    int asked = 0;
    try {
      do {
        asked = starts.get();
        startWhileRoom();
      } while (!starts.compareAndSet(asked, 0));
      asked = -1;
    } finally {
      if (asked >= 0) {
        starts.set(0);
      }
    }
  }

  private void startWhileRoom() {
    int most = limit.now();
    int mostStarted = limit.mostInFlight(most);
    while (running.get() < most && started.get() < mostStarted && !ready.isEmpty()) {
      running.incrementAndGet();
      started.incrementAndGet();
      boolean begins = false;
      Claim claim = null;
      try {
        claim = ready.next(most, isFreshDue());
        if (claim == null && !ready.hasFresh()) {
          // Retries that have to wait.
          return;
        }
        // Not if it has been given back meanwhile.
        begins = claim != null && claim.start();
        if (claim != null && begins) {
          ready.count(claim, 0, 1);
          deliverer.start(claim);
        }
      } catch (RuntimeException | Error e) {
        if (claim == null) {
          throw e;
        }
        deliverer.giveBack(claim, PAUSE);
      } finally {
        if (!begins) {
          running.decrementAndGet();
          started.decrementAndGet();
        }
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
        } else if (claim.isLost() || (before.contains(claim) && claim.isIdle())) {
          deliverer.giveBack(claim, PAUSE);
        } else if (claim.isIdle() && !waiting.contains(claim)) {
          astray.add(claim);
        }
      }
    }
    startReady();
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
