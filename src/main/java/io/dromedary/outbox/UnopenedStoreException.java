package io.dromedary.outbox;

/** Thrown if the store cannot be opened. The message is a sentence that says why. */
public final class UnopenedStoreException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  UnopenedStoreException(IllegalStateException cause) {
    super(String.valueOf(cause.getMessage()).replaceAll("\\s*\\R\\s*", " "), cause);
  }
}
