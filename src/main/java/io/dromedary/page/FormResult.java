package io.dromedary.page;

import org.jspecify.annotations.Nullable;

/**
 * The result of a form.
 *
 * @param message a sentence for the operator
 * @param isFailure whether the form failed
 * @param seeOther a link, relative to the form's view, to which the browser is redirected; null to
 *     show the form's view below the message
 */
record FormResult(String message, boolean isFailure, @Nullable String seeOther) {

  static FormResult of(String message) {
    return new FormResult(message, false, null);
  }

  static FormResult failed(String message) {
    return new FormResult(message, true, null);
  }

  static FormResult at(String link) {
    return new FormResult("", false, link);
  }
}
