package io.dromedary.event;

/** A body that cannot be read to its end, and whose source hands it over again. */
public final class UnreadableBodyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long bytes;

  UnreadableBodyException(long bytes, Throwable cause) {
    super("The message cannot be read; its source keeps it: " + cause, cause);
    this.bytes = bytes;
  }

  /** How many of its bytes hold events that have been given out. */
  long bytes() {
    return bytes;
  }
}
