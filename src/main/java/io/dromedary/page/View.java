package io.dromedary.page;

import io.dromedary.outbox.store.OutboxException;

/** A view of the page. Thread-safe. */
interface View {

  /** The title of the window. */
  String title(PageRequest request);

  /**
   * Writes the main part.
   *
   * @throws IllegalArgumentException if a parameter is wrong; the message says how
   * @throws NotFoundException if there is nothing to show
   * @throws OutboxException if the store does not answer
   */
  void write(Html html, PageRequest request) throws Exception;

  /**
   * Carries out a form of the view. Called only for callers who may change things.
   *
   * @return the result, which is shown above the view
   * @throws IllegalArgumentException if a field is wrong; the message says how
   */
  default FormResult act(PageRequest request) throws Exception {
    throw new IllegalArgumentException("expected no form here, found one");
  }
}
