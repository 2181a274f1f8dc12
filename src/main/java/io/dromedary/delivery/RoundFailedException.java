package io.dromedary.delivery;

/** A round has ended and too few webhooks have accepted. Carries no stack: it is a signal. */
public final class RoundFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  RoundFailedException(String message) {
    super(message, null, false, false);
  }
}
