package io.dromedary.command;

/** Thrown if a command fails. The message says what was found and what is expected. */
final class FailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  FailedException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
