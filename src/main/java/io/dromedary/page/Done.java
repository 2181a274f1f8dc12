package io.dromedary.page;

import org.jspecify.annotations.Nullable;

/**
 * What came of a form.
 *
 * @param message a sentence
 * @param isFailure whether it was not what the operator wanted
 * @param seeOther the view to go to instead of the one that was asked, as a relative link of it;
 *     null: that view is shown, below the message
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
