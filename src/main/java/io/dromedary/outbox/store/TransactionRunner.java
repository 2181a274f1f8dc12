package io.dromedary.outbox.store;

import io.dromedary.metrics.Histogram;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs operations in one transaction on the connection that writes to a store, so that all of them
 * are done or none. A connection that fails is closed, and the next transaction opens another.
 * Belongs to the writer's thread, except {@link #running}.
 */
final class TransactionRunner {

  private static final Logger LOG = LoggerFactory.getLogger(TransactionRunner.class);

  private final SqlDialect dialect;
  private final Outage outage;
  private final Histogram durations;
  private final Runnable recovered;

  /** When the current transaction began; 0 if there is none. */
  private volatile long begunNanos;

  private volatile @Nullable Store store;

  /**
   * Opens the store, making or migrating its schema.
   *
   * @param outage is noted here, and ended
   * @param durations records how long each transaction with operations takes
   * @param recovered is called when the store works again; must not block
   * @throws IllegalStateException if the schema is of a later version
   */
  TransactionRunner(SqlDialect dialect, Outage outage, Histogram durations, Runnable recovered)
      throws SQLException {
    this.dialect = dialect;
    this.outage = outage;
    this.durations = durations;
    this.recovered = recovered;
    this.store = new Store(dialect);
  }

  boolean isConnected() {
    return store != null;
  }

  /** How long the current transaction has been running. May be called by any thread. */
  Duration running() {
    long begun = begunNanos;
    return Duration.ofNanos(begun == 0 ? 0 : System.nanoTime() - begun);
  }

  /** No transaction is running until the next one begins. */
  void rest() {
    begunNanos = 0;
  }

  /**
   * Runs operations in one transaction.
   *
   * @param isPatient whether the transaction may wait for those of others
   * @return why it failed, in which case nothing has been done; null if it is committed
   */
  @Nullable OutboxException attempt(List<StoreOperation> operations, boolean isPatient) {
    begunNanos = System.nanoTime() | 1;
    // An interrupt is meant for nobody here, and would make a driver that waits fail.
    boolean unused = Thread.interrupted();
    long commits = Long.MAX_VALUE;
    try {
      Store open = store == null ? new Store(dialect) : store;
      store = open;
      commits = open.commits();
      dialect.setPatient(isPatient);
      long nowMillis = open.nowMillis();
      for (StoreOperation operation : operations) {
        operation.join(open, nowMillis);
      }
      open.flush();
      open.commit();
    } catch (Throwable e) {
      Store open = store;
      if (open == null || open.commits() <= commits) {
        return undo(operations, e);
      }
      LOG.error("The outbox's writer goes on after an error behind a commit", e);
    }
    // First, so that no operation is told otherwise if anything below fails.
    for (StoreOperation operation : operations) {
      operation.isStored = true;
    }
    if (!operations.isEmpty()) {
      long nanos = System.nanoTime() - begunNanos;
      RetryOnce.call("A commit could not be measured", () -> durations.record(nanos));
    }
    Store open = store;
    if (open != null) {
      RetryOnce.call("A commit could not be noted", open::committed);
    }
    return null;
  }

  private OutboxException undo(List<StoreOperation> operations, Throwable e) {
    boolean isOpen = store != null;
    SqlDialect.Fault fault = SqlDialect.Fault.CONNECTION;
    if (isOpen && e instanceof SQLException sql) {
      fault = dialect.fault(sql);
    } else if (isOpen && e instanceof RuntimeException) {
      fault = SqlDialect.Fault.WORK;
    }
    for (StoreOperation operation : operations) {
      RetryOnce.call("Work could not be taken back in all", operation::rolledBack);
    }
    reset(fault == SqlDialect.Fault.CONNECTION);
    // A commit that was made may fail all the same: then nobody has handed its events on.
    RetryOnce.call("Takers could not be woken", recovered);
    // An error may have made the connection unusable, but it is an operation's all the same.
    boolean isRefusal = fault == SqlDialect.Fault.WORK;
    boolean isOfStore =
        !isRefusal && fault != SqlDialect.Fault.LATER && !(isOpen && e instanceof Error);
    OutboxException failed =
        new OutboxException(String.valueOf(e.getMessage()), e, isOfStore, isRefusal);
    if (isOfStore && (store == null || operations.size() == 1)) {
      outage.add(failed);
    }
    return failed;
  }

  /**
   * Rolls the current transaction back.
   *
   * @param isBroken whether the connection is of no use any more
   */
  void reset(boolean isBroken) {
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

  /** Tries whether events can be stored again, by a write of its own. */
  void probe() {
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

  /** Closes the connection. */
  void close() {
    Store open = store;
    if (open != null) {
      open.close();
    }
  }
}
