package io.dromedary.page;

/** What a view has asked of the API is refused; the message says why. */
public final class ApiException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  public ApiException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status that a program would get. */
  public int status() {
    return status;
  }
}
