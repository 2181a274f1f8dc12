package io.dromedary.history;

import org.jspecify.annotations.Nullable;

/** Thrown if the history cannot be read or changed. The message says why, for an operator. */
public final class HistoryException extends Exception {

  private static final long serialVersionUID = 1L;

  public HistoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
