package io.dromedary.outbox;

import io.dromedary.metrics.Histogram;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes to a store. It takes what has gathered, of whatever kind, does it in
 * one transaction and then tells everybody: so concurrent work shares the cost of a commit, and
 * none is told that it succeeded before it is on disk. Thread-safe.
 *
 * <p>Of work that makes a transaction fail each half is tried for itself, and so on: that finds the
 * one that fails among thousands in a dozen transactions, and the others do not pay for it. While
 * the store does not work, work fails at once, but for lasting work, which waits.
 *
 * <p>What has been committed is told as done, whatever is thrown then. Nothing that is thrown ends
 * the thread, an {@link Error} or an interrupt neither: the group at hand fails, and the
 * connection, whose transaction may be half done, is closed.
 */
final class GroupCommitWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GroupCommitWriter.class);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long CLOSE_SECONDS = 10;

  /** Longer than a database that works lets anybody wait for a transaction. */
  private static final Duration STUCK = Duration.ofSeconds(15);

  private final SqlDialect dialect;
  private final Upkeep upkeep;
  private final Histogram durations;
  private final Runnable recovered;
  private final WorkQueue queue = new WorkQueue();
  private final Thread thread = new Thread(this::write, "outbox-writer");
  private volatile boolean closing;
  private volatile boolean ended;
  private final Outage outage = new Outage();

  /** When the transaction has begun that is not done; 0 where there is none. */
  private volatile long begunNanos;

  // Of the writer's thread.
  private volatile @Nullable Store store;
  private final List<StoreOperation> group = new ArrayList<>();
  private final Set<StoreOperation> unsettled = new LinkedHashSet<>();

  /**
   * Opens the store, making or migrating its schema.
   *
   * @param durations is told how long each transaction with work takes
   * @param recovered is told when the store works again; it may not block
   * @throws IllegalStateException if the schema is of a later version
   */
  GroupCommitWriter(SqlDialect dialect, Upkeep upkeep, Histogram durations, Runnable recovered)
      throws SQLException {
    this.dialect = dialect;
    this.upkeep = upkeep;
    this.durations = durations;
    this.recovered = recovered;
    this.store = new Store(dialect);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Does some work; it is told of its end in any case. */
  void put(StoreOperation work) {
    queue.add(work);
    if (ended) {
      // The writer may not have seen it: it looks for the last time after it has said so.
      failAll();
    }
  }

  private void failAll() {
    String why = closing ? "the outbox is closed" : "the outbox does not work: " + failure();
    OutboxException failed = new OutboxException(why);
    for (StoreOperation work = queue.poll(); work != null; work = queue.poll()) {
      tell(work, failed);
    }
  }

  /** Why nothing can be written, or null. */
  @Nullable String failure() {
    String why = outage.reason();
    if (why != null || closing) {
      return why;
    }
    if (ended || !thread.isAlive()) {
      return "its writer has ended";
    }
    long begun = begunNanos;
    Duration since = Duration.ofNanos(begun == 0 ? 0 : System.nanoTime() - begun);
    return since.compareTo(STUCK) < 0
        ? null
        : "a transaction has not ended for " + since.toSeconds() + " s";
  }

  private void write() {
    try {
      while (!closing || !queue.isEmpty()) {
        try {
          doNext();
        } catch (InterruptedException e) {
          // Only a close ends the writer, and that does not interrupt it.
          LOG.warn("The outbox's writer was interrupted, and goes on");
        } catch (Throwable e) {
          abandon(e);
        }
      }
      goBack(true);
      if (!unsettled.isEmpty()) {
        LOG.warn(
            "{} events were settled while the outbox did not work: they are delivered again",
            unsettled.size());
      }
    } finally {
      ended = true;
      failAll();
    }
  }

  private void doNext() throws InterruptedException {
    begunNanos = 0;
    goBack(mayTry());
    queue.gather(group, outage.reason() != null || !unsettled.isEmpty() ? 50 : 500, closing);
    if (group.isEmpty()) {
      watch();
    } else if (mayTry()) {
      transact(group, true);
    } else {
      giveUp(group, new OutboxException("the outbox does not work: " + outage.reason()));
    }
    group.clear();
    String lack = dialect.lack();
    if (outage.reason() == null && lack != null) {
      outage.add(new OutboxException(lack));
    }
    if (outage.reason() != null && outage.mayTry()) {
      probe();
    }
    // Also while events are refused for want of room, which this may make.
    if (outage.reason() == null || (store != null && lack != null)) {
      keepUp();
    }
  }

  /** After what is thrown by none of the work, as by a lack of memory. */
  private void abandon(Throwable thrown) {
    try {
      reset(true);
      LOG.error("The outbox's writer goes on after an error", thrown);
      for (StoreOperation work : group) {
        if (!work.isStored) {
          RetryOnce.call("Work could not be taken back in all", work::rolledBack);
        }
      }
      giveUp(group, new OutboxException(String.valueOf(thrown.getMessage()), thrown));
      group.clear();
    } catch (Throwable again) {
      // The rest of the group is told the next time. Until then memory may have become free.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Tells whom a group has left untold that broke off, and does what has waited for the store. */
  private void goBack(boolean mayTry) {
    giveUp(group, new OutboxException("the outbox has failed"));
    group.clear();
    if (mayTry) {
      // It is the group at hand then: nothing of it is lost if that breaks off.
      group.addAll(unsettled);
      unsettled.clear();
      transact(group, true);
      group.clear();
    }
  }

  /** A connection that is gone is not asked for again at once. */
  private boolean mayTry() {
    return store != null || outage.mayTry();
  }

  /** A transaction without work notices what has become of the files while none is stored. */
  private void watch() {
    if (store != null && !dialect.isShared()) {
      attempt(List.of(), true);
    }
  }

  /** Does it all in one transaction, or, if that fails by something in it, each half in one. */
  private void transact(List<StoreOperation> works, boolean isFirst) {
    if (works.isEmpty()) {
      return;
    }
    OutboxException failed = attempt(works, isFirst);
    if (failed == null) {
      works.forEach(work -> tell(work, null));
    } else if (works.size() == 1 || (failed.isOfStore() && store == null)) {
      // Without a connection, none would fare better.
      giveUp(works, failed);
    } else if (failed.isOfStore()
        && outage.reason() != null
        && !works.stream().allMatch(StoreOperation::isLasting)) {
      // It is full. What has to be done in any case may make room.
      giveUp(works.stream().filter(work -> !work.isLasting()).toList(), failed);
      transact(works.stream().filter(StoreOperation::isLasting).toList(), false);
    } else {
      int half = works.size() / 2;
      transact(works.subList(0, half), false);
      transact(works.subList(half, works.size()), false);
    }
  }

  private void giveUp(List<StoreOperation> works, OutboxException failed) {
    for (StoreOperation work : works) {
      if (work.isLasting() && !work.isStored && mayWait(work, failed)) {
        unsettled.add(work);
        RetryOnce.call("Work could not be put off", work::postponed);
      } else {
        tell(work, failed);
      }
    }
  }

  private static boolean mayWait(StoreOperation work, OutboxException failed) {
    return failed.isOfStore() || (!failed.isRefusal() && work.mayTryAgain());
  }

  /** Says, once, what has become of work: what is on disk has not failed. */
  private static void tell(StoreOperation work, @Nullable OutboxException failed) {
    if (work.isTold()) {
      return;
    }
    if (failed == null || work.isStored) {
      RetryOnce.call("Work could not be told in all that it is stored", work::committed);
    } else {
      RetryOnce.call(
          "Work could not be told in all that it is not stored", () -> work.failed(failed));
    }
    // Not before: who is told once more does nothing that it has done.
    work.setTold();
  }

  /** One transaction; afterwards the work has been done, or nothing has. */
  private @Nullable OutboxException attempt(List<StoreOperation> works, boolean isPatient) {
    begunNanos = System.nanoTime() | 1;
    // It is meant for nobody here, and a driver that waits would fail.
    boolean unused = Thread.interrupted();
    long commits = Long.MAX_VALUE;
    try {
      Store open = store == null ? new Store(dialect) : store;
      store = open;
      commits = open.commits();
      dialect.setPatient(isPatient);
      long nowMillis = open.nowMillis();
      for (StoreOperation work : works) {
        work.join(open, nowMillis);
      }
      open.flush();
      open.commit();
    } catch (Throwable e) {
      Store open = store;
      if (open == null || open.commits() <= commits) {
        return undo(works, e);
      }
      LOG.error("The outbox's writer goes on after an error behind a commit", e);
    }
    // Before anything else, which may fail: nobody is told otherwise from now on.
    for (StoreOperation work : works) {
      work.isStored = true;
    }
    if (!works.isEmpty()) {
      long nanos = System.nanoTime() - begunNanos;
      RetryOnce.call("A commit could not be measured", () -> durations.record(nanos));
    }
    Store open = store;
    if (open != null) {
      RetryOnce.call("A commit could not be noted", open::committed);
    }
    return null;
  }

  private OutboxException undo(List<StoreOperation> works, Throwable e) {
    boolean isOpen = store != null;
    SqlDialect.Fault fault = SqlDialect.Fault.CONNECTION;
    if (isOpen && e instanceof SQLException sql) {
      fault = dialect.fault(sql);
    } else if (isOpen && e instanceof RuntimeException) {
      fault = SqlDialect.Fault.WORK;
    }
    for (StoreOperation work : works) {
      RetryOnce.call("Work could not be taken back in all", work::rolledBack);
    }
    reset(fault == SqlDialect.Fault.CONNECTION);
    // A commit may fail when it has been made: then there are events that nobody has handed on.
    RetryOnce.call("Takers could not be woken", recovered);
    // An error may have left the connection unusable, and is the work's all the same.
    boolean isRefusal = fault == SqlDialect.Fault.WORK;
    boolean isOfStore =
        !isRefusal && fault != SqlDialect.Fault.LATER && !(isOpen && e instanceof Error);
    OutboxException failed =
        new OutboxException(String.valueOf(e.getMessage()), e, isOfStore, isRefusal);
    if (isOfStore && (store == null || works.size() == 1)) {
      outage.add(failed);
    }
    return failed;
  }

  private void reset(boolean isBroken) {
    Store open = store;
    if (open == null) {
      return;
    }
    if (!isBroken) {
      try {
        open.rollback();
        return;
      } catch (SQLException | RuntimeException | Error e) {
        // Then it is broken, too.
      }
    }
    store = null;
    RetryOnce.call("A connection could not be closed", open::close);
  }

  /** Finds out whether events can be stored again: nobody may ask who could tell. */
  private void probe() {
    StoreOperation.Task<Boolean> write =
        new StoreOperation.Task<>(
            (open, nowMillis) -> {
              open.probe();
              return true;
            });
    if (attempt(List.of(write), true) == null) {
      outage.end();
      RetryOnce.call("Takers could not be woken", recovered);
    }
  }

  private void keepUp() {
    if (upkeep.isDue(queue.isEmpty())) {
      transact(List.of(upkeep.next()), true);
    }
  }

  /** Writes what has been taken, within ten seconds, and closes the store. */
  @Override
  public void close() {
    closing = true;
    // Wakes the writer.
    put(new StoreOperation.Task<>((opened, nowMillis) -> nowMillis));
    try {
      thread.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Store open = store;
    if (open != null) {
      open.close();
    }
  }
}
