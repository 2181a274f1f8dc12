package io.dromedary.event;

/** An event that cannot be accepted; the message says what was found and what is expected. */
final class InvalidEventException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String code;

  InvalidEventException(String code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  String code() {
    return code;
  }
}
