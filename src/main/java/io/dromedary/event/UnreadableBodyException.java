package io.dromedary.event;

/** Thrown if a body cannot be read to its end, so its source has to hand it over again. */
public final class UnreadableBodyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long bytes;

  UnreadableBodyException(long bytes, Throwable cause) {
    super(
        "The message cannot be read to its end; its source has to hand it over again: " + cause,
        cause instanceof OutOfMemoryError ? null : cause);
    if (getCause() == null) {
      // As the cause it would make the route wait for memory, which does not bring back the bytes.
      addSuppressed(cause);
    }
    this.bytes = bytes;
  }

  /** For an iterator that failed before its end. */
  public UnreadableBodyException(Throwable cause) {
    this(0, cause);
  }

  /** How many bytes of the body hold events that have been returned. */
  public long bytes() {
    return bytes;
  }
}
