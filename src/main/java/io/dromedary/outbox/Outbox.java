package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable store of events that are not done, and of dead letters. Thread-safe.
 *
 * <p>One thread writes. It takes what has gathered, of whatever kind, does it in one transaction
 * and then tells everybody: so concurrent appends share the cost of a commit, and none is told that
 * it succeeded before it is on disk. Work that makes a transaction fail is tried again alone, so
 * that it does not cost the others. While the store does not work, appends fail at once and
 * settlements wait, of which there are no more than events in flight.
 *
 * <p>What waits to be written is bounded by an eighth of the heap; beyond it, appends wait for a
 * second and then fail. As much again may wait to go on behind its commit; beyond that, appends
 * fail.
 */
public final class Outbox implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** A transaction takes more work until it has so many rows. */
  private static final int MOST_ROWS = 4000;

  /** Threads on which routes go on: these are enough for tens of thousands a second. */
  static final int LEAST_CONTINUING = 4;

  /** Threads of routes that block: as many as an HTTP server has of them. */
  static final int MOST_CONTINUING = 256;

  /** So long without anything that goes on, and nobody may count on it. */
  private static final Duration STUCK = Duration.ofSeconds(5);

  /** From so many settlements on, a commit is worth its while at once. */
  private static final int MANY = 200;

  private static final long SETTLEMENTS_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long APPEND_WAIT_MILLIS = 1000;
  private static final long LEAST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MOST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** A failure that comes sooner after the last belongs to it: it is not told again. */
  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final long TIDY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long TIDY_MORE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long CLOSE_SECONDS = 10;

  /** Longer than any process runs, and short enough to be added to an instant. */
  private static final long FOREVER_NANOS = TimeUnit.DAYS.toNanos(36_500);

  private final OutboxSettings settings;
  private final Clock clock;
  private final SqlDialect dialect;
  private final int mostKib = (int) Math.min(1 << 20, Runtime.getRuntime().maxMemory() / 8 / 1024);
  private final Semaphore room = new Semaphore(mostKib, true);
  private final LinkedBlockingQueue<Work> queue = new LinkedBlockingQueue<>();
  private final Map<String, LongAdder> accepted = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> dead = new ConcurrentHashMap<>();
  private final Map<String, Taker> takers = new ConcurrentHashMap<>();
  private final DeadLetters deadLetters = new DeadLetters(this);
  private final MemoryBudget memory = new MemoryBudget();
  private final Poller poller;
  private final StoreFigures figures;

  /** On these, routes go on behind their commits. */
  private final ElasticThreads continuations;

  /** What they hold up, by the size of what was stored. */
  private final AtomicInteger continuingKib = new AtomicInteger();

  /** Apart, since what is handed on must not wait for routes. */
  private final ElasticThreads handingOn;

  private final Thread writer;
  private volatile boolean closing;
  private volatile boolean ended;
  private volatile @Nullable String failure;
  private volatile @Nullable Consumer<DeadLetter> listener;

  // Of the writer's thread.
  private @Nullable Store store;
  private final Deque<Work> unsettled = new ArrayDeque<>();
  private long retryNanos = LEAST_RETRY_NANOS;
  private long nextTryNanos = System.nanoTime();
  private long failedNanos = System.nanoTime() - CALM_NANOS;
  private long nextTidyNanos = System.nanoTime();

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
    this.settings = settings;
    this.clock = clock;
    this.dialect = SqlDialect.of(settings, clock);
    try {
      store = new Store(dialect);
    } catch (SQLException | RuntimeException e) {
      dialect.close();
      throw new IllegalStateException(
          "The outbox (webhooks.outbox.url) cannot be opened: " + e.getMessage(), e);
    }
    continuations =
        new ElasticThreads("outbox-continuation", leastContinuing, mostContinuing, STUCK);
    handingOn = new ElasticThreads("outbox-handing-on", 1, 1, STUCK);
    poller = new Poller(this);
    figures = new StoreFigures(this::connect, this::inMemory, dialect.isShared(), clock);
    writer = new Thread(this::write, "outbox-writer");
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Stores events, and dead letters of what was none, all of them or nothing.
   *
   * @return completes after the commit with the number of events that were not known by their
   *     message ids, or fails with an {@link OutboxException}. That happens on the writer's thread:
   *     what may take its time is for {@link #goOn}
   * @throws OutboxException if there is no room now for what would have to wait
   */
  CompletableFuture<Integer> append(List<Work.Arrival> arrivals, List<DeadLetter> invalid)
      throws OutboxException {
    // Routes that are behind their commits may end, whatever the others do.
    String why = continuations.isMember() ? failure : failure();
    if (why != null) {
      // Not when the store is asked again, which may take seconds.
      throw new OutboxException("the outbox does not work: " + why);
    }
    if (continuingKib.get() > mostKib) {
      throw new OutboxException("more waits to go on behind its commit than there is room for");
    }
    long bytes = 0;
    for (Work.Arrival arrival : arrivals) {
      bytes += arrival.event().body().length + 256;
    }
    for (DeadLetter letter : invalid) {
      bytes += letter.event().body().length + 256;
    }
    int kib = (int) Math.min(mostKib, bytes / 1024 + 1);
    acquire(kib);
    Stored done = new Stored(kib);
    CompletableFuture<Integer> unused = done.whenComplete((count, failed) -> room.release(kib));
    try {
      put(new Work.Append(this, dialect, arrivals, invalid, true, done));
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

  /**
   * Whether the calling thread is one on which routes go on. If so, it waits for its next commit
   * where it is, while another thread takes its place: so however many routes wait for a second
   * commit, no thread is missing to tell them of it.
   */
  boolean mustWait() {
    return continuations.isMember();
  }

  /** Goes on when events are stored, on a thread that may be blocked: see {@link #mustWait}. */
  void goOn(CompletableFuture<Integer> stored, BiConsumer<Integer, @Nullable Throwable> next) {
    if (mustWait()) {
      await(stored);
      CompletableFuture<Integer> unused = stored.whenComplete(next);
      return;
    }
    int kib = stored instanceof Stored known ? known.kib : 1;
    CompletableFuture<Integer> unused =
        stored.whenComplete(
            (count, failed) -> {
              continuingKib.addAndGet(kib);
              continuations.execute(
                  () -> {
                    continuingKib.addAndGet(-kib);
                    next.accept(count, failed);
                  });
            });
  }

  /** Waits for the writer, which says in any case what has become of it. */
  private void await(CompletableFuture<Integer> stored) {
    CompletableFuture<Integer> ended = stored.exceptionally(failed -> 0);
    boolean isInterrupted = false;
    while (!ended.isDone()) {
      try {
        int unused = continuations.whileAnotherWorks(ended::get);
      } catch (InterruptedException e) {
        isInterrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
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

  /**
   * Claims events of a destination that are due. Completes on the writer's thread, as an append
   * does.
   */
  CompletableFuture<ClaimDue.Due> claimDue(String destination, ClaimDue.Wanted wanted) {
    ClaimDue claim = new ClaimDue(this, destination, wanted);
    put(claim);
    return claim.done();
  }

  /**
   * Does something on the store, in a transaction that other work may share. Completes on the
   * writer's thread, as an append does.
   */
  <T> CompletableFuture<T> run(Work.Task.Body<T> body) {
    Work.Task<T> task = new Work.Task<>(body);
    put(task);
    return task.done();
  }

  /** The dead letters that are kept here. */
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  /** A connection to read on, which is the caller's to close; reading hinders no commit. */
  Connection connect() throws SQLException {
    return dialect.connectToRead();
  }

  void settle(Claim claim, Settlement settlement) {
    put(new Work.Settle(this, claim, settlement));
  }

  private void put(Work work) {
    queue.add(work);
    if (ended) {
      // The writer may not have seen it: it looks for the last time after it has said so.
      failAll();
    }
  }

  private void failAll() {
    OutboxException failed = new OutboxException("the outbox is closed");
    for (Work work = queue.poll(); work != null; work = queue.poll()) {
      work.failed(failed);
    }
  }

  /** Hands claims on to their taker. */
  void handOn(Runnable handing) {
    handingOn.execute(handing);
  }

  /** From now on somebody is told of each dead letter once it is stored; at most one is. */
  public void listen(Consumer<DeadLetter> told) {
    listener = told;
  }

  /** How many events of a destination have been stored here. */
  LongAdder accepted(String destination) {
    return accepted.computeIfAbsent(destination, key -> new LongAdder());
  }

  /** How many events of a destination have been given up here. */
  LongAdder dead(String destination, DeadLetter.Reason reason) {
    return dead.computeIfAbsent(destination + ' ' + reason, key -> new LongAdder());
  }

  void tell(DeadLetter letter) {
    dead(letter.destination(), letter.reason()).increment();
    Consumer<DeadLetter> told = listener;
    if (told != null) {
      continuations.execute(() -> told.accept(letter));
    }
  }

  /** From now on that taker gets the events of a destination; only one does. */
  void register(String destination, Taker taker) {
    if (takers.putIfAbsent(destination, taker) != null) {
      throw new IllegalStateException(
          "The outbox's destination " + destination + " has a consumer: expected one a context.");
    }
  }

  void unregister(String destination, Taker taker) {
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

  @Nullable Taker taker(String destination) {
    return takers.get(destination);
  }

  /** Something may be due, if somebody here takes the events of that destination. */
  void due(String destination) {
    Taker taker = takers.get(destination);
    if (taker != null) {
      taker.due();
    }
  }

  Claim claim(String destination, long id, OutboxEvent event, long token) {
    long leaseNanos = dialect.held() == null ? settings.lease().toNanos() : FOREVER_NANOS;
    return new Claim(this, destination, id, event, token, System.nanoTime() + leaseNanos);
  }

  /** A claim that cannot be settled ends with its lease, also where it would last for ever. */
  void leaveClaimed(Claim claim) {
    Held held = dialect.held();
    if (held != null) {
      OutboxEvent event = claim.event();
      long endMillis = clock.millis() + leaseMillis();
      held.note(claim.id(), new Held.Noted(endMillis, event.attempts(), event.progress()));
    }
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
    String why = failure;
    if (why == null && !closing && !writer.isAlive()) {
      why = "its writer has ended";
    }
    if (why == null) {
      why = continuations.failure();
    }
    return why == null ? handingOn.failure() : why;
  }

  /** The name of the database. */
  String kind() {
    return dialect.name();
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
        : takers.values().stream().map(Taker::failure).filter(Objects::nonNull).sorted().toList();
  }

  /** How many message ids were forgotten before their time. */
  long forgotten() {
    return dialect.forgotten();
  }

  private void write() {
    try {
      writeUntilClosed();
    } finally {
      ended = true;
      failAll();
    }
  }

  private void writeUntilClosed() {
    List<Work> group = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      try {
        gather(group);
        if (mayTry()) {
          retryUnsettled();
        }
        if (mayTry()) {
          transact(group);
        } else {
          giveUp(group, new OutboxException("the outbox does not work: " + failure));
        }
        if (group.isEmpty()) {
          watch();
        }
        group.clear();
        if (failure != null && System.nanoTime() - nextTryNanos >= 0) {
          probe();
        }
        tidy();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        closing = true;
      } catch (RuntimeException | Error e) {
        LOG.error("The outbox's writer goes on after an error", e);
        giveUp(group, new OutboxException(String.valueOf(e.getMessage()), e));
        group.clear();
      }
    }
    retryUnsettled();
    if (!unsettled.isEmpty()) {
      LOG.warn(
          "{} events were settled while the outbox did not work: they are delivered again",
          unsettled.size());
    }
  }

  private void gather(List<Work> group) throws InterruptedException {
    long waitMillis = failure != null || !unsettled.isEmpty() ? 50 : 500;
    Work first = queue.poll(waitMillis, TimeUnit.MILLISECONDS);
    if (first == null) {
      return;
    }
    group.add(first);
    boolean isAwaited = gatherMore(group);
    if (!isAwaited && group.size() < MANY && !closing) {
      // Nobody waits for settlements to be on disk: gathered for a moment they share a commit.
      LockSupport.parkNanos(SETTLEMENTS_NANOS);
      gatherMore(group);
    }
  }

  /** Takes what there is, up to a bound, and says whether somebody waits for any of the group. */
  private boolean gatherMore(List<Work> group) {
    int rows = 0;
    boolean isAwaited = false;
    for (Work work : group) {
      rows += work.rows();
      isAwaited |= !work.isLasting();
    }
    while (rows < MOST_ROWS) {
      Work work = queue.poll();
      if (work == null) {
        break;
      }
      group.add(work);
      rows += work.rows();
      isAwaited |= !work.isLasting();
    }
    return isAwaited;
  }

  private void retryUnsettled() {
    if (!unsettled.isEmpty()) {
      List<Work> again = List.copyOf(unsettled);
      unsettled.clear();
      transact(again);
    }
  }

  /** A connection that is gone is not asked for again at once. */
  private boolean mayTry() {
    return store != null || System.nanoTime() - nextTryNanos >= 0;
  }

  /** Does it all in one transaction, or, if that fails by something in it, each alone. */
  private void transact(List<Work> group) {
    OutboxException failed = group.isEmpty() ? null : attempt(group);
    if (failed == null) {
      group.forEach(Work::committed);
      return;
    }
    if (group.size() == 1) {
      fail(group.get(0), failed);
      return;
    }
    for (Work work : group) {
      // Without a connection, none would fare better.
      OutboxException alone = store == null ? failed : attempt(List.of(work));
      if (alone == null) {
        work.committed();
      } else {
        failed = alone;
        fail(work, alone);
      }
    }
  }

  /** A transaction without work notices what has become of the files while none is stored. */
  private void watch() {
    if (store != null && !isShared()) {
      attempt(List.of());
    }
  }

  private void giveUp(List<Work> group, OutboxException failed) {
    for (Work work : group) {
      fail(work, failed);
    }
  }

  private void fail(Work work, OutboxException failed) {
    if (work.isLasting() && failed.isOfStore()) {
      unsettled.add(work);
      work.postponed();
      return;
    }
    if (work.isLasting()) {
      LOG.error(
          "What became of an event cannot be stored, so it is delivered again: {}",
          failed.getMessage());
    }
    work.failed(failed);
  }

  /** One transaction; afterwards the work has been done, or nothing has. */
  private @Nullable OutboxException attempt(List<Work> group) {
    try {
      Store open = store == null ? new Store(dialect) : store;
      store = open;
      long nowMillis = open.nowMillis();
      for (Work work : group) {
        work.join(open, nowMillis);
      }
      open.flush();
      open.commit();
      return null;
    } catch (SQLException | RuntimeException | Error e) {
      // An Error, too, be it for want of memory or a driver's assertion: the thread has to go on.
      group.forEach(Work::rolledBack);
      SqlDialect.Fault fault =
          e instanceof SQLException sql
              ? dialect.fault(sql)
              : e instanceof RuntimeException && store != null
                  ? SqlDialect.Fault.WORK
                  : SqlDialect.Fault.CONNECTION;
      OutboxException failed =
          new OutboxException(String.valueOf(e.getMessage()), e, fault != SqlDialect.Fault.WORK);
      reset(fault == SqlDialect.Fault.CONNECTION);
      if (store == null || (failed.isOfStore() && group.size() == 1)) {
        note(failed);
      }
      return failed;
    }
  }

  private void reset(boolean isBroken) {
    Store open = store;
    if (open != null) {
      try {
        if (!isBroken) {
          open.rollback();
          return;
        }
      } catch (SQLException e) {
        // Then it is broken, too.
      }
      open.close();
      store = null;
    }
  }

  private void note(OutboxException failed) {
    long nowNanos = System.nanoTime();
    boolean isNew = nowNanos - failedNanos >= CALM_NANOS;
    if (isNew) {
      LOG.error("The outbox does not work: {}", failed.getMessage());
    }
    retryNanos = isNew ? LEAST_RETRY_NANOS : Math.min(MOST_RETRY_NANOS, retryNanos * 2);
    failure = failed.getMessage();
    failedNanos = nowNanos;
    nextTryNanos = nowNanos + retryNanos;
  }

  /** Finds out whether events can be stored again: nobody may ask who could tell. */
  private void probe() {
    Work.Task<Boolean> write =
        new Work.Task<>(
            (open, nowMillis) -> {
              open.probe();
              return true;
            });
    if (attempt(List.of(write)) == null) {
      failure = null;
      LOG.info("The outbox works again");
      takers.values().forEach(Taker::due);
    }
  }

  /** Deletes what has been kept long enough, now and then, a bounded part at a time. */
  private void tidy() {
    if (failure != null || System.nanoTime() - nextTidyNanos < 0) {
      return;
    }
    nextTidyNanos = System.nanoTime() + TIDY_NANOS;
    long retentionMillis = settings.retention().toMillis();
    long latestMillis = settings.longestWait().plus(settings.lease()).toMillis();
    boolean[] more = {false};
    List<String> mended = new ArrayList<>();
    transact(
        List.of(
            new Work.Task<>(
                (open, nowMillis) -> {
                  for (String destination : takers.keySet()) {
                    if (open.mendDue(destination, nowMillis, nowMillis + latestMillis) > 0) {
                      mended.add(destination);
                    }
                  }
                  more[0] = open.tidy(nowMillis, retentionMillis);
                  return nowMillis;
                })));
    for (String destination : mended) {
      // It waits for the instant at which they were due before.
      Taker taker = takers.get(destination);
      if (taker != null) {
        taker.due();
      }
    }
    if (more[0]) {
      // Also while the writer is never idle, or the file would grow for as long.
      nextTidyNanos = System.nanoTime() + (queue.isEmpty() ? 0 : TIDY_MORE_NANOS);
    }
  }

  /**
   * Writes what has been taken, within ten seconds, and closes the store. Whoever wants to append
   * afterwards is refused.
   */
  @Override
  public void close() {
    poller.close();
    figures.close();
    closing = true;
    // Wakes the writer.
    put(new Work.Task<>((opened, nowMillis) -> nowMillis));
    try {
      writer.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    handingOn.close();
    continuations.close();
    Store open = store;
    if (open != null) {
      open.close();
    }
    dialect.close();
  }
}
