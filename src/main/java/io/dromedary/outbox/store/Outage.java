package io.dromedary.outbox.store;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks whether the store works. After a failure it is tried again after 100 ms to two seconds,
 * with exponential backoff. Owned by the writer's thread; any thread may ask for the reason.
 */
final class Outage {

  private static final Logger LOG = LoggerFactory.getLogger(Outage.class);

  private static final long LEAST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MOST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  /**
   * A failure that follows another within this time is part of the same outage and is not logged.
   */
  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(30);

  private volatile @Nullable String reason;
  private long retryNanos = LEAST_RETRY_NANOS;
  private long nextTryNanos = System.nanoTime();
  private long failedNanos = System.nanoTime() - CALM_NANOS;

  /** Why the store does not work, or null if it does. */
  @Nullable String reason() {
    return reason;
  }

  /** Whether it is time to try the store again. */
  boolean mayTry() {
    return System.nanoTime() - nextTryNanos >= 0;
  }

  /** Notes that the store has failed. */
  void add(OutboxException failed) {
    long nowNanos = System.nanoTime();
    boolean isNew = nowNanos - failedNanos >= CALM_NANOS;
    if (isNew) {
      LOG.error("The outbox does not work: {}", failed.getMessage());
    }
    retryNanos = isNew ? LEAST_RETRY_NANOS : Math.min(MOST_RETRY_NANOS, retryNanos * 2);
    reason = failed.getMessage();
    failedNanos = nowNanos;
    nextTryNanos = nowNanos + retryNanos;
  }

  /** Notes that the store works again. */
  void end() {
    reason = null;
    LOG.info("The outbox works again");
  }
}
