package io.dromedary.page;

/** There is no such view, or nothing to show in it. The message says what was expected. */
final class NotFoundException extends Exception {
  private static final long serialVersionUID = 1L;

  NotFoundException(String message) {
    super(message);
  }
}
