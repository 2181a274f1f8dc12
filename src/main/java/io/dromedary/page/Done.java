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
record Done(String message, boolean isFailure, @Nullable String seeOther) {

  static Done of(String message) {
    return new Done(message, false, null);
  }

  static Done failed(String message) {
    return new Done(message, true, null);
  }

  static Done at(String link) {
    return new Done("", false, link);
  }
}
