package io.dromedary.outbox.store;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An operation on the store. The writer calls {@link #join} and, when the transaction has ended,
 * either {@link #committed} or {@link #failed}, all on its own thread. The latter two must not
 * block. If one of them throws anything, it is called once more ({@link RetryOnce}); the exception
 * is logged and does not affect other operations.
 */
public abstract class StoreOperation {

  private static final int MOST_TRIES = 3;

  // Used by the writer's thread only.
  private int tries;

  /** Whether it is on disk. */
  boolean isStored;

  private boolean isTold;

  /** Notes that {@link #committed} or {@link #failed} has been called. */
  final void setTold() {
    isTold = true;
  }

  final boolean isTold() {
    return isTold;
  }

  /** Whether to try it again after an error that is neither its own fault nor the store's. */
  final boolean mayTryAgain() {
    return ++tries < MOST_TRIES;
  }

  /** The number of rows that it affects, by which the writer keeps transactions short. */
  protected int rows() {
    return 1;
  }

  /** Does the work in a transaction. Called again if another operation made that fail. */
  protected abstract void join(Store store, long nowMillis) throws SQLException;

  protected abstract void committed();

  /** Called after the transaction was rolled back. The operation may be tried again. */
  protected void rolledBack() {}

  /** Called if the store could not do it. The operation will be tried again. */
  protected void postponed() {}

  /** Called if it has failed for good. */
  protected abstract void failed(OutboxException failure);

  /** Whether it is tried until it succeeds, because no caller waits for it and could try again. */
  protected boolean isLasting() {
    return false;
  }

  /** Any other operation, such as a part of a replay. */
  public static final class Task<T> extends StoreOperation {

    /** The work to do on the store. */
    public interface Body<T> {
      T run(Store store, long nowMillis) throws SQLException;
    }

    private final Body<T> body;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private @Nullable T result;

    Task(Body<T> body) {
      this.body = body;
    }

    CompletableFuture<T> done() {
      return done;
    }

    @Override
    protected void join(Store store, long nowMillis) throws SQLException {
      result = body.run(store, nowMillis);
    }

    @Override
    protected void committed() {
      done.complete(result);
    }

    @Override
    protected void failed(OutboxException failure) {
      done.completeExceptionally(failure);
    }
  }
}
