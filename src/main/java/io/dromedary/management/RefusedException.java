package io.dromedary.management;

import io.dromedary.http.Refusal;

/** A request of an operator that is not done. */
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
