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
 * until enough have been, and again after one was not: twice as often each time.
 *
 * <p>Thread-safe.
 */
final class Reuse {

  private static final int FIRST_LOOKS = 8;
  private static final int MOST_LOOKS = 1 << 16;

  private final ConnectionConfig looks;
  private final ConnectionConfig trusts;
  private final AtomicInteger left = new AtomicInteger(FIRST_LOOKS);
  private volatile int needed = FIRST_LOOKS;

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

  /** How the next connection is taken from the pool. */
  ConnectionConfig config() {
    return left.get() > 0 ? looks : trusts;
  }

  /** A connection that had served before has served again. */
  void succeeded() {
    if (left.get() > 0) {
      left.decrementAndGet();
    }
  }

  /** A connection that had served before was closed when it was used again. */
  void failed() {
    needed = Math.min(2 * needed, MOST_LOOKS);
    left.set(needed);
  }
}
