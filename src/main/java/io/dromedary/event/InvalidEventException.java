package io.dromedary.event;

/** Thrown if an event is not valid. The message says what was expected and what was found. */
public final class InvalidEventException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String code;

  InvalidEventException(String code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
