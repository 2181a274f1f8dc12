package io.dromedary.event;

/** A body that cannot be read to its end, so that its source has to hand it over again. */
public final class UnreadableBodyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long bytes;

  UnreadableBodyException(long bytes, Throwable cause) {
    super(
        "The message cannot be read to its end; its source has to hand it over again: " + cause,
        cause instanceof OutOfMemoryError ? null : cause);
    if (getCause() == null) {
      // As its cause, it would have a route wait for memory: what is lost does not come by that.
      addSuppressed(cause);
    }
    this.bytes = bytes;
  }

  /** What an iterator gives has no end that could be reached. */
  public UnreadableBodyException(Throwable cause) {
    this(0, cause);
  }

  /** How many of its bytes hold events that have been given out. */
  long bytes() {
    return bytes;
  }
}
