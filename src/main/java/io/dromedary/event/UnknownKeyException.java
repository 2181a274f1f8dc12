package io.dromedary.event;

/** A sender has no known write key: what it has sent is not looked at any further. */
final class UnknownKeyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnknownKeyException() {
    super("no known write key", null, false, false);
  }
}
