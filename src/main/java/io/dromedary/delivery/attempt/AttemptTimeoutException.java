package io.dromedary.delivery.attempt;

import java.io.InterruptedIOException;
import java.time.Duration;

/**
 * Signals that an attempt did not end by its deadline. It has no stack trace, which is never read.
 */
final class AttemptTimeoutException extends InterruptedIOException {

  private static final long serialVersionUID = 1L;

  AttemptTimeoutException(Duration timeout) {
    super("no complete answer within " + timeout.toMillis() + " ms");
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
