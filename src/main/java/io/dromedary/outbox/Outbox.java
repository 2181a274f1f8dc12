package io.dromedary.outbox;

import io.dromedary.settings.HeapShare;
import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable store of events that are not done, and of dead letters. Thread-safe.
 *
 * <p>One thread writes ({@link GroupCommitWriter}). It runs nobody else's code, and neither does
 * the one that tells takers of what has been committed: routes go on on threads of their own.
 *
 * <p>What waits to be written is bounded by an eighth of the heap; beyond it, appends wait for a
 * second and then fail. Half as much may wait to go on behind its commit; beyond that, appends
 * fail.
 */
public final class Outbox implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** Threads on which routes go on: these are enough for tens of thousands a second. */
  static final int LEAST_CONTINUING = 4;

  /** Threads of routes that block: as many as an HTTP server has of them. */
  static final int MOST_CONTINUING = 256;

  /** So long without anything that goes on, and nobody may count on it. */
  private static final Duration STUCK = Duration.ofSeconds(5);

  private static final long APPEND_WAIT_MILLIS = 1000;

  /** Longer than any process runs, and short enough to be added to an instant. */
  private static final long FOREVER_NANOS = TimeUnit.DAYS.toNanos(36_500);

  private final OutboxSettings settings;
  private final Clock clock;
  private final SqlDialect dialect;
  private final int mostKib = (int) Math.min(1 << 20, HeapShare.APPENDS.bytes() / 1024);
  private final Semaphore room = new Semaphore(mostKib, true);
  private final OutboxCounts counts = new OutboxCounts();
  private final Map<String, ClaimListener> takers = new ConcurrentHashMap<>();
  private final DeadLetters deadLetters = new DeadLetters(this);
  private final PendingEvents pendingEvents = new PendingEvents(this);
  private final Replays replays = new Replays(this);
  private final AcceptedIds acceptedIds = new AcceptedIds(this);
  private final AlertRows alertRows = new AlertRows(this);
  private final MemoryBudget memory = new MemoryBudget();
  private final Poller poller;
  private final StoreFigures figures;

  private final Continuations continuations;

  /** Apart, since what is handed on must not wait for routes. */
  private final ElasticThreads handingOn;

  private final GroupCommitWriter writer;
  private final List<Consumer<DeadLetter>> listeners = new CopyOnWriteArrayList<>();

  /**
   * Opens the store, making or migrating its schema.
   *
   * @throws IllegalStateException saying what is wrong, if it cannot be opened
   */
  public Outbox(OutboxSettings settings, Clock clock) {
    this(settings, clock, LEAST_CONTINUING, MOST_CONTINUING);
  }

  /**
   * Opens the store.
   *
   * @param leastContinuing how many threads there always are on which routes go on
   * @param mostContinuing how many of them there may be while routes block
   */
  Outbox(OutboxSettings settings, Clock clock, int leastContinuing, int mostContinuing) {
    this(settings, clock, SqlDialect.of(settings, clock), leastContinuing, mostContinuing);
  }

  Outbox(
      OutboxSettings settings,
      Clock clock,
      SqlDialect dialect,
      int leastContinuing,
      int mostContinuing) {
    this.settings = settings;
    this.clock = clock;
    this.dialect = dialect;
    try {
      writer = new GroupCommitWriter(dialect, new Upkeep(this), counts.commits, this::allDue);
    } catch (SQLException | RuntimeException e) {
      dialect.close();
      throw new IllegalStateException(
          "The outbox (webhooks.outbox.url) cannot be opened: " + e.getMessage(), e);
    }
    try {
      int mostContinuingKib = (int) Math.min(1 << 20, HeapShare.CONTINUATIONS.bytes() / 1024);
      continuations = new Continuations(leastContinuing, mostContinuing, mostContinuingKib, STUCK);
      handingOn = new ElasticThreads("outbox-handing-on", 1, 1, STUCK);
      poller = new Poller(this);
      figures = new StoreFigures(dialect, this::inMemory, clock);
      writer.start();
    } catch (RuntimeException | Error e) {
      // For want of threads: the file must not stay locked.
      writer.close();
      dialect.close();
      throw e;
    }
  }

  /**
   * Stores events, and dead letters of what was none, all of them or nothing.
   *
   * @return completes after the commit with the number of events that were not known by their
   *     message ids, or fails with an {@link OutboxException}. That happens on the writer's thread:
   *     what may take its time is for {@link #goOn}
   * @throws OutboxException if there is no room now for what would have to wait
   */
  CompletableFuture<Integer> append(List<StoreOperation.Arrival> arrivals, List<DeadLetter> invalid)
      throws OutboxException {
    // Routes that are behind their commits may end, whatever the others do.
    String why = mustWait() ? writer.failure() : failure();
    if (why != null) {
      // Not when the store is asked again, which may take seconds.
      throw new OutboxException("the outbox does not work: " + why);
    }
    if (continuations.isFull()) {
      throw new OutboxException("more waits to go on behind its commit than there is room for");
    }
    int kib = (int) Math.min(mostKib, Append.bytes(arrivals, invalid) / 1024 + 1);
    acquire(kib);
    Stored done = new Stored(kib);
    CompletableFuture<Integer> unused = done.whenComplete((count, failed) -> room.release(kib));
    try {
      writer.put(new Append(this, dialect, arrivals, invalid, true, done));
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
      throw e;
    }
    return done;
  }

  /** What completes when events are stored. */
  private static final class Stored extends CompletableFuture<Integer> {

    final int kib;

    Stored(int kib) {
      this.kib = kib;
    }
  }

  /** See {@link Continuations#mustWait}. */
  boolean mustWait() {
    return continuations.mustWait();
  }

  /** Goes on when events are stored, on a thread that may be blocked. */
  void goOn(CompletableFuture<Integer> stored, BiConsumer<Integer, @Nullable Throwable> next) {
    continuations.goOn(stored, stored instanceof Stored known ? known.kib : 1, next);
  }

  private void acquire(int kib) throws OutboxException {
    try {
      if (!room.tryAcquire(kib, APPEND_WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new OutboxException("more waits to be stored than there is room for");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutboxException("interrupted while waiting for room", e);
    }
  }

  /** Claims events; completes on the writer's thread, as an append does. */
  void claim(ClaimDue claim) {
    writer.put(claim);
  }

  /**
   * Does something on the store, in a transaction that other work may share. Completes on the
   * writer's thread, as an append does.
   */
  <T> CompletableFuture<T> run(StoreOperation.Task.Body<T> body) {
    StoreOperation.Task<T> task = new StoreOperation.Task<>(body);
    writer.put(task);
    return task.done();
  }

  /** Does something on the store, as {@link #run} does, and waits until it is committed. */
  <T> T runAndWait(StoreOperation.Task.Body<T> body) throws OutboxException {
    try {
      return run(body).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof OutboxException failure
          ? failure
          : new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The dead letters that are kept here. */
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  /** Which events were accepted. */
  public AcceptedIds acceptedIds() {
    return acceptedIds;
  }

  /** The events that are not done. */
  public PendingEvents pendingEvents() {
    return pendingEvents;
  }

  /** The replays of dead letters. */
  public Replays replays() {
    return replays;
  }

  /** What alerts are about. */
  public AlertRows alertRows() {
    return alertRows;
  }

  /** What a destination has that is not done, or null where that is not known. */
  public @Nullable Backlog backlog(String destination) {
    return Backlog.of(figures.of(destination));
  }

  /** Whether this process knows in memory what is claimed; otherwise the rows say it. */
  boolean isHeld() {
    return dialect.held() != null;
  }

  /** The rows that are in this process's memory. */
  Set<Long> inMemoryIds() {
    Set<Long> ids = new HashSet<>();
    inMemory().values().forEach(ids::addAll);
    return ids;
  }

  /** A connection to read on, which is the caller's to close; reading hinders no commit. */
  Connection connect() throws SQLException {
    return dialect.connectToRead();
  }

  void settle(Claim claim, Settlement settlement) {
    writer.put(new StoreOperation.Settle(this, claim, settlement));
    ClaimListener taker = takers.get(claim.destination());
    if (taker != null) {
      try {
        taker.ended(claim);
      } catch (RuntimeException | Error e) {
        LOG.error("A place is free only when the settlement is committed", e);
      }
    }
  }

  /**
   * Hands claims on to their taker. Those that cannot be are due at once: on SQLite a claim would
   * last as long as the process.
   */
  void handOn(ClaimListener taker, List<Claim> claims) {
    tellTakers(
        () -> {
          try {
            taker.take(claims);
          } catch (RuntimeException | Error e) {
            LOG.error("Events could not be handed on: they are due again", e);
            List<Long> taken = taker.ids();
            for (Claim claim : claims) {
              if (!taken.contains(claim.id()) && claim.stage().get() == ClaimCounts.Stage.CLAIMED) {
                giveBack(claim);
                taker.giveBack(List.of(claim.event()));
              }
            }
          }
        });
  }

  /** A claim that nobody takes is due at once. */
  void giveBack(Claim claim) {
    OutboxEvent event = claim.event();
    RetryOnce.call(
        "An event could not be given back",
        () ->
            claim.settle(
                new Settlement.Parked(clock.instant(), event.attempts(), event.progress())));
  }

  /** A settlement has been committed, or will never be. */
  void settled(Claim claim, Settlement settlement) {
    ClaimListener taker = takers.get(claim.destination());
    if (taker != null) {
      tellTakers(() -> taker.settled(claim, settlement));
    }
  }

  /** Takers are told of what has been committed by one thread, in the order of the commits. */
  void tellTakers(Runnable telling) {
    handingOn.execute(telling);
  }

  /** From now on somebody is told of each dead letter once it is stored. */
  public void listen(Consumer<DeadLetter> told) {
    listeners.add(told);
  }

  /** What has been counted since the start. */
  OutboxCounts counts() {
    return counts;
  }

  void tell(DeadLetter letter) {
    counts.dead(letter.destination(), letter.reason()).increment();
    for (Consumer<DeadLetter> told : listeners) {
      continuations.execute(() -> told.accept(letter));
    }
  }

  /** From now on that taker gets the events of a destination; only one does. */
  void register(String destination, ClaimListener taker) {
    if (takers.putIfAbsent(destination, taker) != null) {
      throw new IllegalStateException(
          "The outbox's destination " + destination + " has a consumer: expected one a context.");
    }
  }

  void unregister(String destination, ClaimListener taker) {
    takers.remove(destination, taker);
  }

  /** What claims in memory may take of the heap. */
  MemoryBudget memory() {
    return memory;
  }

  /** Who claims what is due. */
  Poller poller() {
    return poller;
  }

  /** What can be seen of the store. */
  StoreFigures figures() {
    return figures;
  }

  /** The rows of each destination that are in memory. */
  private Map<String, List<Long>> inMemory() {
    Map<String, List<Long>> ids = new HashMap<>();
    takers.forEach((destination, taker) -> ids.put(destination, taker.ids()));
    return ids;
  }

  /** How many destinations have a consumer. */
  int takers() {
    return takers.size();
  }

  @Nullable ClaimListener taker(String destination) {
    return takers.get(destination);
  }

  /** Something may be due, if somebody here takes the events of that destination. */
  void due(String destination) {
    ClaimListener taker = takers.get(destination);
    if (taker != null) {
      due(taker);
    }
  }

  /**
   * What has made events wait is over: those of a destination that are parked at present are due
   * now, the first at once. If the store does not work they are due when they would have been.
   *
   * @param within events that wait longer than that are left alone
   */
  public void hasten(String destination, Duration within) {
    // By the clock of the store.
    CompletableFuture<Void> unused =
        run((store, nowMillis) -> nowMillis)
            .thenAccept(now -> tellTakers(() -> hasten(destination, now, now + within.toMillis())));
  }

  private void hasten(String destination, long parkedMillis, long untilMillis) {
    CompletableFuture<Void> unused =
        run((store, now) -> store.dueRows().hasten(destination, now, parkedMillis, untilMillis))
            .thenAccept(
                found ->
                    tellTakers(
                        () -> {
                          due(destination);
                          // Piece by piece, as others want to write, too.
                          if (found >= DueRows.HASTENED_ROWS) {
                            hasten(destination, parkedMillis, untilMillis);
                          }
                        }));
  }

  private void allDue() {
    takers.values().forEach(Outbox::due);
  }

  private static void due(ClaimListener taker) {
    try {
      taker.due();
    } catch (RuntimeException | Error e) {
      LOG.error("Who takes events could not be told that some are due", e);
    }
  }

  Claim claim(String destination, long id, OutboxEvent event, long token) {
    long leaseNanos = dialect.held() == null ? settings.lease().toNanos() : FOREVER_NANOS;
    return new Claim(this, destination, id, event, token, System.nanoTime() + leaseNanos);
  }

  /** A claim that cannot be settled ends with its lease, also where it would last for ever. */
  void leaveClaimed(Claim claim) {
    InMemoryClaims held = dialect.held();
    if (held != null) {
      OutboxEvent event = claim.event();
      long endMillis = clock.millis() + leaseMillis();
      held.leave(
          claim.id(), new InMemoryClaims.Noted(endMillis, event.attempts(), event.progress()));
    }
  }

  /** How far ahead due times of a destination are as a rule. */
  Duration longestWait(String destination) {
    ClaimListener taker = takers.get(destination);
    Duration delay = taker == null ? Duration.ZERO : taker.retryDelay();
    Duration longest = settings.longestWait();
    return longest.compareTo(delay) < 0 ? delay : longest;
  }

  long leaseMillis() {
    return settings.lease().toMillis();
  }

  /** Whether other nodes may put events into the store. */
  boolean isShared() {
    return dialect.isShared();
  }

  long millisUntil(Instant instant) {
    return Duration.between(clock.instant(), instant).toMillis();
  }

  OutboxSettings settings() {
    return settings;
  }

  Clock clock() {
    return clock;
  }

  /** What is wrong with the store, or null where it works. */
  public @Nullable String failure() {
    String why = writer.failure();
    if (why == null) {
      why = continuations.failure();
    }
    return why == null ? handingOn.failure() : why;
  }

  /** The name of the database. */
  String kind() {
    return dialect.name();
  }

  /** Why new events are refused although the store works; null where they are not. */
  @Nullable String lack() {
    return dialect.lack();
  }

  /** Whether what is accepted survives the process. */
  boolean isDurable() {
    return dialect.isDurable();
  }

  /** The destinations whose events somebody takes. */
  Set<String> taken() {
    return new TreeSet<>(takers.keySet());
  }

  /** Why events of destinations are not taken although somebody is there to do it. */
  List<String> idle() {
    String all = poller.failure();
    return all != null
        ? List.of(all)
        : takers.values().stream()
            .map(ClaimListener::failure)
            .filter(Objects::nonNull)
            .sorted()
            .toList();
  }

  /** How many message ids were forgotten before their time. */
  long forgotten() {
    return dialect.forgotten();
  }

  /**
   * Writes what has been taken, within ten seconds, and closes the store. Whoever wants to append
   * afterwards is refused.
   */
  @Override
  public void close() {
    poller.close();
    figures.close();
    writer.close();
    handingOn.close();
    continuations.close();
    dialect.close();
  }
}
