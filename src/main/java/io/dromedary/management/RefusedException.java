package io.dromedary.management;

import io.dromedary.http.Refusal;

/** Thrown if a request to the API is refused. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient Refusal refusal;

  RefusedException(Refusal refusal) {
    super(refusal.message());
    this.refusal = refusal;
  }

  RefusedException(int status, String code, String message) {
    this(new Refusal(status, code, message));
  }

  Refusal refusal() {
    return refusal;
  }
}
