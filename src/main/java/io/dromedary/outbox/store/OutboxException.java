package io.dromedary.outbox.store;

/** Thrown if the store cannot do an operation now. No part of the operation has been done. */
public final class OutboxException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean ofStore;
  private final boolean refusal;

  public OutboxException(String message, Throwable cause) {
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

  /** Whether the store does not work. If false, other operations may succeed. */
  public boolean isOfStore() {
    return ofStore;
  }

  /** Whether the operation would fail again at any later time. */
  boolean isRefusal() {
    return refusal;
  }
}
