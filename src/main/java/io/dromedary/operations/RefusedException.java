package io.dromedary.operations;

import io.dromedary.http.Refusal;

/** Thrown if a request to the API is refused. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient Refusal refusal;

  public RefusedException(Refusal refusal) {
    super(refusal.message());
    this.refusal = refusal;
  }

  public RefusedException(int status, String code, String message) {
    this(new Refusal(status, code, message));
  }

  public Refusal refusal() {
    return refusal;
  }
}
