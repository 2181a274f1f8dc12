package io.dromedary.operations;

/** Thrown if the API refuses a request of a view; the message says why. */
public final class ApiException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  public ApiException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status with which the API would answer a program. */
  public int status() {
    return status;
  }
}
