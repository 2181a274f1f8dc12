package io.dromedary.event;

/** Thrown if a sender has no known write key. The rest of its message is not read. */
public final class UnknownKeyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UnknownKeyException() {
    super("no known write key", null, false, false);
  }
}
