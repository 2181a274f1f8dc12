package io.dromedary.delivery;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * How far the connections of a receiver may be trusted that have served an attempt before. Many
 * receivers close each after an answer without a word. What is then sent to it has been lost, and
 * may not be sent again within the attempt, as nobody knows whether the receiver has read it. To
 * look at a connection before it is used takes a millisecond where it is good, so that is done only
 * until enough have been, and again after one was not: twice as often each time. Where one fails
 * that has been looked at, the receiver resets what it gets, and looking is no help: more and more
 * have to fail before it is tried again.
 *
 * <p>Thread-safe.
 */
final class Reuse {

  private static final int FIRST_LOOKS = 8;
  private static final int MOST_LOOKS = 1 << 16;
  private static final int MOST_PATIENCE = 1024;

  private final ConnectionConfig looks;
  private final ConnectionConfig trusts;
  private final AtomicInteger left = new AtomicInteger(FIRST_LOOKS);
  private int needed = FIRST_LOOKS;

  /** How many have to fail before all are looked at, and how many have. */
  private int patience = 1;

  private int failures;

  /**
   * Of a receiver of which nothing is known.
   *
   * @param connectTimeout for a connection
   */
  Reuse(Timeout connectTimeout) {
    this.looks = config(connectTimeout, TimeValue.ZERO_MILLISECONDS);
    this.trusts = config(connectTimeout, TimeValue.ofMilliseconds(500));
  }

  private static ConnectionConfig config(Timeout connectTimeout, TimeValue validateAfter) {
    return ConnectionConfig.custom()
        .setConnectTimeout(connectTimeout)
        .setValidateAfterInactivity(validateAfter)
        .setTimeToLive(TimeValue.ofMinutes(10))
        .build();
  }

  /** How the next connection is taken from the pool, for the attempt that runs on this thread. */
  ConnectionConfig config() {
    boolean isLookedAt = left.get() > 0;
    Attempt attempt = Attempt.current();
    if (attempt != null) {
      attempt.looks(isLookedAt);
    }
    return isLookedAt ? looks : trusts;
  }

  /** A connection that had served before has served again. */
  void succeeded() {
    if (left.get() > 0 && left.decrementAndGet() == 0) {
      haveLooked();
    }
  }

  private synchronized void haveLooked() {
    patience = Math.max(1, patience / 2);
  }

  /**
   * A connection that had served before was closed when it was used again. Returns whether that
   * says something about the others.
   *
   * @param wasLookedAt whether it was good just before
   */
  synchronized boolean failed(boolean wasLookedAt) {
    if (wasLookedAt) {
      left.set(0);
      needed = FIRST_LOOKS;
      patience = Math.min(2 * patience, MOST_PATIENCE);
      return false;
    }
    if (++failures < patience) {
      return false;
    }
    failures = 0;
    needed = Math.min(2 * needed, MOST_LOOKS);
    left.set(needed);
    return true;
  }
}
