package io.dromedary.delivery;

/** Signals that a round ended with too few webhooks having accepted. It has no stack trace. */
final class RoundFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  RoundFailedException(String message) {
    super(message, null, false, false);
  }
}
