package io.dromedary;

import io.dromedary.settings.InvalidSettingsException;
import org.jspecify.annotations.Nullable;

/** Says in a sentence why the process did not start. */
final class StartFailure {

  private StartFailure() {}

  static String describe(Throwable failure) {
    Throwable innermost = failure;
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof InvalidSettingsException) {
        return String.valueOf(cause.getMessage());
      }
      innermost = cause;
    }
    String outer = text(failure);
    String inner = text(innermost);
    return "Dromedary cannot start: " + (outer.contains(inner) ? outer : outer + "\n  " + inner);
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getName() : message;
  }

  private static @Nullable Throwable next(Throwable cause) {
    Throwable next = cause.getCause();
    return next == cause ? null : next;
  }
}
