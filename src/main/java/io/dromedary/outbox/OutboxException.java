package io.dromedary.outbox;

/** The store cannot do what was asked of it now; nothing of it has been done. */
public final class OutboxException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean ofStore;
  private final boolean refusal;

  OutboxException(String message, Throwable cause) {
    this(message, cause, true, false);
  }

  OutboxException(String message, Throwable cause, boolean ofStore, boolean refusal) {
    super(message, cause);
    this.ofStore = ofStore;
    this.refusal = refusal;
  }

  public OutboxException(String message) {
    super(message);
    this.ofStore = true;
    this.refusal = false;
  }

  /** Whether the store does not work; if it does, other work fares better. */
  boolean isOfStore() {
    return ofStore;
  }

  /** Whether the same would fail again, however long one waits. */
  boolean isRefusal() {
    return refusal;
  }
}
