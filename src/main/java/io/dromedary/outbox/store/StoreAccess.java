package io.dromedary.outbox.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Access to a store for everything but the delivery itself: it is read on connections of their own,
 * so that no commit waits for a reader, and changed by its writer. Thread-safe.
 */
public final class StoreAccess {

  private final SqlDialect dialect;
  private final Consumer<StoreOperation> writer;
  private final Supplier<? extends Collection<Long>> inMemory;
  private final Consumer<String> due;

  /**
   * Access to a store.
   *
   * @param writer does operations on the store
   * @param inMemory the rows whose events this process has in memory
   * @param due is told the destinations of events that have become due
   */
  public StoreAccess(
      SqlDialect dialect,
      Consumer<StoreOperation> writer,
      Supplier<? extends Collection<Long>> inMemory,
      Consumer<String> due) {
    this.dialect = dialect;
    this.writer = writer;
    this.inMemory = inMemory;
    this.due = due;
  }

  /**
   * Does something on the store, in a transaction that other operations may share. Completes on the
   * writer's thread, which must not be blocked.
   */
  public <T> CompletableFuture<T> run(StoreOperation.Task.Body<T> body) {
    StoreOperation.Task<T> task = new StoreOperation.Task<>(body);
    writer.accept(task);
    return task.done();
  }

  /** Does something on the store, as {@link #run} does, and waits until it is committed. */
  public <T> T runAndWait(StoreOperation.Task.Body<T> body) throws OutboxException {
    try {
      return run(body).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof OutboxException failure
          ? failure
          : new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Opens a connection to read on.
   *
   * @param longest how long each statement may take
   * @param what is read, for errors
   */
  public StoreReading read(Duration longest, String what) throws OutboxException {
    try {
      return new StoreReading(connect(), longest, what);
    } catch (SQLException e) {
      throw new OutboxException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Opens a connection to read on, which the caller closes. */
  public Connection connect() throws SQLException {
    return dialect.connectToRead();
  }

  /** Whether this process knows in memory what is claimed; otherwise the rows say it. */
  public boolean isHeld() {
    return dialect.held() != null;
  }

  /** The ids of the rows whose events this process has in memory. */
  public Set<Long> inMemoryIds() {
    return new HashSet<>(inMemory.get());
  }

  /** Tells that events of a destination may be due. */
  public void due(String destination) {
    due.accept(destination);
  }
}
