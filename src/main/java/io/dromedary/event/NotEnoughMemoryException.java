package io.dromedary.event;

/**
 * Thrown if there is not enough memory for a message now, by the listener of {@link
 * EventReader#tellMerged}. The reader lets it through and rejects nothing.
 */
public final class NotEnoughMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public NotEnoughMemoryException() {
    super("more requests are being read than there is memory for");
  }
}
