package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.deadletter.Replays;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.store.GroupCommitWriter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.SqlDialect;
import io.dromedary.outbox.store.StoreAccess;
import io.dromedary.outbox.store.StoreFigures;
import io.dromedary.outbox.store.Upkeep;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.OutboxSettings;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The durable store of events that are not done, and of dead letters. Thread-safe.
 *
 * <p>One thread writes ({@link GroupCommitWriter}), and one tells consumers what has been committed
 * ({@link ClaimListeners}). Neither runs code of routes, which continue on threads of their own.
 *
 * <p>Events that wait to be written take an eighth of the heap at the most; beyond that, an append
 * waits for a second and then fails. Routes that wait to continue after their commit may hold half
 * as much; beyond that, appends fail at once.
 */
public final class Outbox implements AutoCloseable {

  /** Threads on which routes continue: enough for tens of thousands of events a second. */
  static final int LEAST_CONTINUING = 4;

  /** Threads for routes that block: as many as an HTTP server has. */
  static final int MOST_CONTINUING = 256;

  /** Threads without progress for this long count as failed. */
  private static final Duration STUCK = Duration.ofSeconds(5);

  private final OutboxSettings settings;
  private final Clock clock;
  private final SqlDialect dialect;
  private final AppendBudget appends = new AppendBudget();
  private final Leases leases;
  private final OutboxCounts counts = new OutboxCounts();
  private final ClaimListeners listeners;
  private final StoreAccess access;
  private final DeadLetters deadLetters;
  private final PendingEvents pendingEvents;
  private final Replays replays;
  private final AcceptedIds acceptedIds;
  private final AlertRows alertRows;
  private final MemoryBudget memory = new MemoryBudget();
  private final Poller poller;
  private final StoreFigures figures;
  private final Continuations continuations;
  private final GroupCommitWriter writer;
  private final List<Consumer<DeadLetter>> deadLetterListeners = new CopyOnWriteArrayList<>();

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
   * @param leastContinuing the number of threads on which routes continue after a commit
   * @param mostContinuing the most such threads while routes block
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
    this.leases = new Leases(dialect.held(), settings.lease(), clock);
    try {
      writer = new GroupCommitWriter(dialect, upkeep(), counts.commits, this::allDue);
    } catch (SQLException | RuntimeException e) {
      dialect.close();
      throw new IllegalStateException(
          "The outbox (webhooks.outbox.url) cannot be opened: " + e.getMessage(), e);
    }
    try {
      int mostContinuingKib = (int) Math.min(1 << 20, HeapShare.CONTINUATIONS.bytes() / 1024);
      continuations = new Continuations(leastContinuing, mostContinuing, mostContinuingKib, STUCK);
      listeners = new ClaimListeners(STUCK);
      poller = new Poller(this);
      figures = new StoreFigures(dialect, listeners::inMemory, clock);
      access = new StoreAccess(dialect, writer::put, listeners::inMemoryIds, listeners::due);
      pendingEvents = new PendingEvents(access);
      deadLetters = new DeadLetters(access, pendingEvents, this::tell);
      replays =
          new Replays(access, pendingEvents, deadLetters, settings.longestWait(), counts::replayed);
      acceptedIds = new AcceptedIds(access);
      alertRows = new AlertRows(access);
      writer.start();
    } catch (RuntimeException | Error e) {
      // A lack of threads, for example: the file must not stay locked.
      writer.close();
      dialect.close();
      throw e;
    }
  }

  private Upkeep upkeep() {
    long retentionMillis = settings.retention().toMillis();
    return new Upkeep(
        dialect,
        List.of(
            new DueTimeRepair(this),
            (store, nowMillis) ->
                DeadLetters.expire(store, nowMillis, nowMillis - retentionMillis)));
  }

  /**
   * Stores events, and dead letters of input that is no event: all of them or none.
   *
   * @return completes after the commit with the number of events whose message ids were not known,
   *     or fails with an {@link OutboxException}. It completes on the writer's thread, so anything
   *     that may block has to use {@link #goOn}
   * @throws OutboxException if the store does not work, or too much waits for it
   */
  CompletableFuture<Integer> append(List<Append.Arrival> arrivals, List<DeadLetter> invalid)
      throws OutboxException {
    // A route behind its commit may end, even if other routes are stuck.
    String why = mustWait() ? writer.failure() : failure();
    if (why != null) {
      // At once: the writer would find out only when it asks the store again, seconds later.
      throw new OutboxException("the outbox does not work: " + why);
    }
    if (continuations.isFull()) {
      throw new OutboxException("more waits to go on behind its commit than there is room for");
    }
    int kib = appends.acquire(Append.bytes(arrivals, invalid));
    Stored done = new Stored(kib);
    CompletableFuture<Integer> unused = done.whenComplete((count, failed) -> appends.release(kib));
    try {
      writer.put(new Append(this, dialect, arrivals, invalid, true, done));
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
      throw e;
    }
    return done;
  }

  /** Completes when events are stored. */
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

  /** Continues when events are stored, on a thread that may be blocked. */
  void goOn(CompletableFuture<Integer> stored, BiConsumer<Integer, @Nullable Throwable> next) {
    continuations.goOn(stored, stored instanceof Stored known ? known.kib : 1, next);
  }

  /** Claims events; completes on the writer's thread, as an append does. */
  void claim(ClaimDue claim) {
    writer.put(claim);
  }

  /** Access to the store for everything but the delivery itself. */
  StoreAccess access() {
    return access;
  }

  /** The dead letters that are kept here. */
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  /** The message ids of accepted events. */
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

  /** The rows of alerts. */
  public AlertRows alertRows() {
    return alertRows;
  }

  /** The backlog of a destination, or null if it is not known. */
  public @Nullable Backlog backlog(String destination) {
    return Backlog.of(figures.of(destination));
  }

  void settle(Claim claim, Settlement settlement) {
    writer.put(new Settle(this, claim, settlement));
    listeners.ended(claim);
  }

  /** The consumers of destinations. */
  ClaimListeners listeners() {
    return listeners;
  }

  /** Adds a listener, which is told each dead letter after its commit. */
  public void listen(Consumer<DeadLetter> listener) {
    deadLetterListeners.add(listener);
  }

  /** The counters since the start. */
  OutboxCounts counts() {
    return counts;
  }

  /** Tells listeners a dead letter that has been committed. */
  void tell(DeadLetter letter) {
    counts.dead(letter.destination(), letter.reason()).increment();
    for (Consumer<DeadLetter> told : deadLetterListeners) {
      continuations.execute(() -> told.accept(letter));
    }
  }

  /** The memory that claims may take. */
  MemoryBudget memory() {
    return memory;
  }

  /** Claims due events. */
  Poller poller() {
    return poller;
  }

  /** Figures of the store, for operators. */
  StoreFigures figures() {
    return figures;
  }

  /**
   * Makes the events of a destination due that are parked at present, because the reason for their
   * wait is over: the first at once, the others soon after. Does nothing if the store does not
   * work.
   *
   * @param within events that wait longer than this are left alone
   */
  public void hasten(String destination, Duration within) {
    new Hastening(access, listeners, destination).begin(within);
  }

  private void allDue() {
    listeners.allDue();
  }

  /** How long claims last. */
  Leases leases() {
    return leases;
  }

  /** The database, of which callers ask what kind it is and how it is. */
  SqlDialect dialect() {
    return dialect;
  }

  OutboxSettings settings() {
    return settings;
  }

  Clock clock() {
    return clock;
  }

  /** Why the store does not work, or null if it does. */
  public @Nullable String failure() {
    String why = writer.failure();
    if (why == null) {
      why = continuations.failure();
    }
    return why == null ? listeners.failure() : why;
  }

  /** Why events are not claimed for consumers that would take them. */
  List<String> idle() {
    String all = poller.failure();
    return all != null ? List.of(all) : listeners.failures();
  }

  /** Writes what is queued, within ten seconds, and closes the store. Later appends are refused. */
  @Override
  public void close() {
    poller.close();
    figures.close();
    writer.close();
    listeners.close();
    continuations.close();
    dialect.close();
  }
}
