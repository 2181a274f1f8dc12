package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.Attempt;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Decides whether pooled connections are checked before they are reused. Many receivers close a
 * connection silently after an answer. A request on such a connection is lost, and the attempt must
 * not send it again, because the receiver may have read it. A check takes a millisecond on a good
 * connection. So connections are checked only until enough of them have proved good, and again
 * after one has failed, for twice as many connections each time. If a connection fails right after
 * a good check, the receiver resets connections on use and checks do not help: more and more
 * connections have to fail before checking starts again.
 *
 * <p>Thread-safe.
 */
final class ConnectionReuse {

  private static final int FIRST_LOOKS = 8;
  private static final int MOST_LOOKS = 1 << 16;
  private static final int MOST_PATIENCE = 1024;

  private final ConnectionConfig looks;
  private final ConnectionConfig trusts;
  private final AtomicInteger left = new AtomicInteger(FIRST_LOOKS);
  private int needed = FIRST_LOOKS;

  /** The number of failures that starts checking, and the failures so far. */
  private int patience = 1;

  private int failures;

  /**
   * Creates the state for an unknown receiver.
   *
   * @param connectTimeout the timeout of connecting
   */
  ConnectionReuse(Timeout connectTimeout) {
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

  /** Returns how the attempt of this thread takes its connection from the pool. */
  ConnectionConfig config() {
    boolean isLookedAt = left.get() > 0;
    Attempt attempt = Attempt.current();
    if (attempt != null) {
      attempt.looks(isLookedAt);
    }
    return isLookedAt ? looks : trusts;
  }

  /** Records that a reused connection worked. */
  void succeeded() {
    if (left.get() > 0 && left.decrementAndGet() == 0) {
      haveLooked();
    }
  }

  private synchronized void haveLooked() {
    patience = Math.max(1, patience / 2);
  }

  /**
   * Records that a reused connection turned out to be closed. Returns whether other pooled
   * connections are probably closed, too.
   *
   * @param wasLookedAt whether it had passed a check just before
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
