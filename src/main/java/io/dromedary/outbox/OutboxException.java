package io.dromedary.outbox;

/** The store cannot do what was asked of it now; nothing of it has been done. */
public final class OutboxException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean ofStore;

  OutboxException(String message, Throwable cause) {
    this(message, cause, true);
  }

  OutboxException(String message, Throwable cause, boolean ofStore) {
    super(message, cause);
    this.ofStore = ofStore;
  }

  OutboxException(String message) {
    super(message);
    this.ofStore = true;
  }

  /** Whether the store does not work; if it does, the same would fail again. */
  boolean isOfStore() {
    return ofStore;
  }
}
