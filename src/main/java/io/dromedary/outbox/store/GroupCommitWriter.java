package io.dromedary.outbox.store;

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
 * The one thread that writes to a store. It takes all operations that wait, runs them in one
 * transaction and then tells each of them how it ended. So concurrent operations share the cost of
 * a commit, and none is told that it succeeded before it is on disk. Thread-safe.
 *
 * <p>If an operation makes a transaction fail, each half of the group is tried by itself, and so
 * on. That isolates one failing operation among thousands in a dozen transactions, and the others
 * succeed. While the store does not work, operations fail at once, except lasting ones, which wait.
 *
 * <p>An operation that has been committed is told so, whatever is thrown afterwards. Nothing that
 * is thrown ends the thread, not even an {@link Error} or an interrupt: the group at hand fails,
 * and the connection, whose transaction may be incomplete, is closed.
 */
public final class GroupCommitWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GroupCommitWriter.class);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long CLOSE_SECONDS = 10;

  /** No transaction takes as long while the database works. */
  private static final Duration STUCK = Duration.ofSeconds(15);

  private final SqlDialect dialect;
  private final Upkeep upkeep;
  private final StoreOperationQueue queue = new StoreOperationQueue();
  private final Thread thread = new Thread(this::write, "outbox-writer");
  private volatile boolean closing;
  private volatile boolean ended;
  private final Outage outage = new Outage();
  private final TransactionRunner transactions;

  // Of the writer's thread.
  private final List<StoreOperation> group = new ArrayList<>();
  private final Set<StoreOperation> unsettled = new LinkedHashSet<>();

  /**
   * Opens the store, making or migrating its schema.
   *
   * @param durations is told how long each transaction with work takes
   * @param recovered is called when the store works again; must not block
   * @throws IllegalStateException if the schema is of a later version
   */
  public GroupCommitWriter(
      SqlDialect dialect, Upkeep upkeep, Histogram durations, Runnable recovered)
      throws SQLException {
    this.dialect = dialect;
    this.upkeep = upkeep;
    this.transactions = new TransactionRunner(dialect, outage, durations, recovered);
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  /** Queues an operation, which is told its end in any case. */
  public void put(StoreOperation operation) {
    queue.add(operation);
    if (ended) {
      // The writer may have looked at the queue for the last time.
      failAll();
    }
  }

  private void failAll() {
    String why = closing ? "the outbox is closed" : "the outbox does not work: " + failure();
    OutboxException failed = new OutboxException(why);
    for (StoreOperation operation = queue.poll(); operation != null; operation = queue.poll()) {
      tell(operation, failed);
    }
  }

  /** Why nothing can be written, or null if the store works. */
  public @Nullable String failure() {
    String why = outage.reason();
    if (why != null || closing) {
      return why;
    }
    if (ended || !thread.isAlive()) {
      return "its writer has ended";
    }
    Duration since = transactions.running();
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
          // Only close() ends the writer, and it does not interrupt.
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
    transactions.rest();
    goBack(mayTry());
    queue.gather(group, outage.reason() != null || !unsettled.isEmpty() ? 50 : 500, closing);
    if (group.isEmpty()) {
      watch();
    } else if (mayTry()) {
      long begun = System.nanoTime();
      transact(group, true);
      queue.took(Duration.ofNanos(System.nanoTime() - begun));
    } else {
      giveUp(group, new OutboxException("the outbox does not work: " + outage.reason()));
    }
    group.clear();
    String lack = dialect.lack();
    if (outage.reason() == null && lack != null) {
      outage.add(new OutboxException(lack));
    }
    if (outage.reason() != null && outage.mayTry()) {
      transactions.probe();
    }
    // Also while events are refused for want of room, since upkeep may make some.
    if (outage.reason() == null || (transactions.isConnected() && lack != null)) {
      keepUp();
    }
  }

  /** Goes on after an error that no operation has thrown, such as a lack of memory. */
  private void abandon(Throwable thrown) {
    try {
      transactions.reset(true);
      LOG.error("The outbox's writer goes on after an error", thrown);
      for (StoreOperation operation : group) {
        if (!operation.isStored) {
          RetryOnce.call("Work could not be taken back in all", operation::rolledBack);
        }
      }
      giveUp(group, new OutboxException(String.valueOf(thrown.getMessage()), thrown));
      group.clear();
    } catch (Throwable again) {
      // The rest of the group is told in the next turn. Until then, memory may have become free.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /**
   * Tells the rest of a group that was cut short, and runs the operations that have waited for the
   * store.
   */
  private void goBack(boolean mayTry) {
    giveUp(group, new OutboxException("the outbox has failed"));
    group.clear();
    if (mayTry) {
      // As the group at hand, so that none is lost if this is cut short.
      group.addAll(unsettled);
      unsettled.clear();
      transact(group, true);
      group.clear();
    }
  }

  /** After a lost connection, the next attempt waits for a while. */
  private boolean mayTry() {
    return transactions.isConnected() || outage.mayTry();
  }

  /** Notices lost files while nothing is stored, by a transaction without operations. */
  private void watch() {
    if (transactions.isConnected() && !dialect.isShared()) {
      transactions.attempt(List.of(), true);
    }
  }

  /** Runs operations in one transaction, or each half in one if an operation makes it fail. */
  private void transact(List<StoreOperation> operations, boolean isFirst) {
    if (operations.isEmpty()) {
      return;
    }
    OutboxException failed = transactions.attempt(operations, isFirst);
    if (failed == null) {
      operations.forEach(operation -> tell(operation, null));
    } else if (operations.size() == 1 || (failed.isOfStore() && !transactions.isConnected())) {
      // Without a connection, every operation would fail.
      giveUp(operations, failed);
    } else if (failed.isOfStore()
        && outage.reason() != null
        && !operations.stream().allMatch(StoreOperation::isLasting)) {
      // The store is full. Lasting operations may make room.
      giveUp(operations.stream().filter(operation -> !operation.isLasting()).toList(), failed);
      transact(operations.stream().filter(StoreOperation::isLasting).toList(), false);
    } else {
      int half = operations.size() / 2;
      transact(operations.subList(0, half), false);
      transact(operations.subList(half, operations.size()), false);
    }
  }

  private void giveUp(List<StoreOperation> operations, OutboxException failed) {
    for (StoreOperation operation : operations) {
      if (operation.isLasting() && !operation.isStored && mayWait(operation, failed)) {
        unsettled.add(operation);
        RetryOnce.call("Work could not be put off", operation::postponed);
      } else {
        tell(operation, failed);
      }
    }
  }

  private static boolean mayWait(StoreOperation operation, OutboxException failed) {
    return failed.isOfStore() || (!failed.isRefusal() && operation.mayTryAgain());
  }

  /** Tells an operation its end, once. An operation on disk has not failed, whatever came later. */
  private static void tell(StoreOperation operation, @Nullable OutboxException failed) {
    if (operation.isTold()) {
      return;
    }
    if (failed == null || operation.isStored) {
      RetryOnce.call("Work could not be told in all that it is stored", operation::committed);
    } else {
      RetryOnce.call(
          "Work could not be told in all that it is not stored", () -> operation.failed(failed));
    }
    // Only now: an operation that is told twice skips what it has done.
    operation.setTold();
  }

  private void keepUp() {
    if (upkeep.isDue(queue.isEmpty())) {
      transact(List.of(upkeep.next()), true);
    }
  }

  /** Writes what is queued, within ten seconds, and closes the store. */
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
    transactions.close();
  }
}
