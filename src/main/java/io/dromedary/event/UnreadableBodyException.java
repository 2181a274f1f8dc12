package io.dromedary.event;

/** A body that cannot be read to its end, so that its source has to hand it over again. */
public final class UnreadableBodyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long bytes;

  UnreadableBodyException(long bytes, Throwable cause) {
    super("The message cannot be read to its end; its source has to hand it over again: " + cause, cause);
    this.bytes = bytes;
  }

  /** How many of its bytes hold events that have been given out. */
  long bytes() {
    return bytes;
  }
}
