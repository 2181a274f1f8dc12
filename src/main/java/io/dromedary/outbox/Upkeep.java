package io.dromedary.outbox;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Maintains the store regularly: deletes expired rows, a bounded number at a time, and corrects due
 * times that a wrong clock has put too far ahead. Owned by the store's writer thread.
 */
final class Upkeep {

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private static final long NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MORE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** The search for wrong due times takes at most one in this many parts of the time. */
  private static final long MOST_SHARE = 200;

  private final Outbox outbox;
  private final Duration retention;
  private final Duration lease;
  private final Map<String, Long> nextLookNanos = new HashMap<>();
  private final long startNanos = System.nanoTime();
  private long doneNanos = System.nanoTime() - NANOS;
  private boolean hasMore;
  private @Nullable String failure;

  Upkeep(Outbox outbox) {
    this.outbox = outbox;
    this.retention = outbox.settings().retention();
    this.lease = outbox.settings().lease();
  }

  /** Whether there is maintenance to do now. */
  boolean isDue(boolean isIdle) {
    // The rest is done even if the writer is never idle. Otherwise the file would keep growing.
    long pauseNanos = outbox.lack() == null ? NANOS : SOON_NANOS;
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

    private final List<String> mended = new ArrayList<>();
    private boolean isUnfinished;

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      mended.clear();
      for (String destination : outbox.taken()) {
        if (isLookedAt(destination) && mend(store, destination, nowMillis) > 0) {
          mended.add(destination);
        }
      }
      isUnfinished = store.tidy(nowMillis, retention.toMillis());
    }

    private boolean isLookedAt(String destination) {
      return System.nanoTime() - nextLookNanos.getOrDefault(destination, startNanos) >= 0;
    }

    private int mend(Store store, String destination, long nowMillis) throws SQLException {
      long beganNanos = System.nanoTime();
      Duration latest = outbox.longestWait(destination).plus(lease);
      int found =
          store
              .dueRows()
              .mendDue(
                  destination,
                  nowMillis,
                  nowMillis + latest.toMillis(),
                  // A node that shares the store knows its clock only roughly.
                  nowMillis + lease.toMillis());
      // The search takes long if routes have parked many events for a very long time.
      long nowNanos = System.nanoTime();
      nextLookNanos.put(destination, nowNanos + MOST_SHARE * (nowNanos - beganNanos));
      return found;
    }

    @Override
    void committed() {
      hasMore = isUnfinished;
      failure = null;
      // Their consumers still wait for the old due times.
      mended.forEach(outbox::due);
    }

    @Override
    void failed(OutboxException failed) {
      String message = String.valueOf(failed.getMessage());
      if (!message.equals(failure)) {
        LOG.warn("The outbox cannot be tidied now: {}", message);
      }
      failure = message;
    }
  }
}
