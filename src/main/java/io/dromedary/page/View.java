package io.dromedary.page;

import io.dromedary.outbox.OutboxException;

/** One view of the page. Thread-safe. */
interface View {

  /** What the window is called. */
  String title(PageRequest request);

  /**
   * Writes the main part.
   *
   * @throws IllegalArgumentException saying what is wrong with a parameter
   * @throws NotFoundException where there is no such thing
   * @throws OutboxException where the store does not answer
   */
  void write(Html html, PageRequest request) throws Exception;

  /**
   * Does what a form of the view asks for. It is only called for somebody who may change things.
   *
   * @return what has been done, in a sentence, to be shown above the view
   * @throws IllegalArgumentException saying what is wrong with a field
   */
  default Done act(PageRequest request) throws Exception {
    throw new IllegalArgumentException("expected no form here, found one");
  }
}
