package io.dromedary.page;

/** Thrown if there is no such view, or nothing to show in it. The message is shown on the page. */
final class NotFoundException extends Exception {
  private static final long serialVersionUID = 1L;

  NotFoundException(String message) {
    super(message);
  }
}
