package io.dromedary.outbox.store;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the regular chores of a store between other operations, a bounded part at a time. Owned by
 * the store's writer thread.
 */
public final class Upkeep {

  /** Something to be done in the store now and then. */
  public interface Chore {

    /** Does a bounded part of it, in a transaction; returns whether more is left. */
    boolean run(Store store, long nowMillis) throws SQLException;

    /** The transaction has been committed. */
    default void committed() {}
  }

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private static final long NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MORE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final SqlDialect dialect;
  private final List<Chore> chores;
  private long doneNanos = System.nanoTime() - NANOS;
  private boolean hasMore;
  private @Nullable String failure;

  /**
   * The upkeep of a store.
   *
   * @param chores are done in this order, before the database's own
   */
  public Upkeep(SqlDialect dialect, List<Chore> chores) {
    this.dialect = dialect;
    this.chores = chores;
  }

  /** Whether there are chores to do now. */
  boolean isDue(boolean isIdle) {
    // The rest is done even if the writer is never idle. Otherwise the file would keep growing.
    long pauseNanos = dialect.lack() == null ? NANOS : SOON_NANOS;
    if (hasMore) {
      pauseNanos = isIdle ? 0 : MORE_NANOS;
    }
    return System.nanoTime() - doneNanos >= pauseNanos;
  }

  /** Makes the operation that does the next part. */
  StoreOperation next() {
    doneNanos = System.nanoTime();
    hasMore = false;
    return new Part();
  }

  private final class Part extends StoreOperation {

    private boolean isUnfinished;

    @Override
    protected void join(Store store, long nowMillis) throws SQLException {
      boolean more = false;
      for (Chore chore : chores) {
        more |= chore.run(store, nowMillis);
      }
      isUnfinished = store.tidy(nowMillis) || more;
    }

    @Override
    protected void committed() {
      hasMore = isUnfinished;
      failure = null;
      chores.forEach(Chore::committed);
    }

    @Override
    protected void failed(OutboxException failed) {
      String message = String.valueOf(failed.getMessage());
      if (!message.equals(failure)) {
        LOG.warn("The outbox cannot be tidied now: {}", message);
      }
      failure = message;
    }
  }
}
