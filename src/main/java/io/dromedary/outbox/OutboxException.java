package io.dromedary.outbox;

/** The store cannot do what was asked of it now; nothing of it has been done. */
public final class OutboxException extends Exception {

  private static final long serialVersionUID = 1L;

  OutboxException(String message, Throwable cause) {
    super(message, cause);
  }

  OutboxException(String message) {
    super(message);
  }
}
