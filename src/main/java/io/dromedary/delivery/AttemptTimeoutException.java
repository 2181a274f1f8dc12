package io.dromedary.delivery;

import java.io.InterruptedIOException;
import java.time.Duration;

/** An attempt had not ended by its deadline. Carries no stack: nobody looks at it any more. */
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
