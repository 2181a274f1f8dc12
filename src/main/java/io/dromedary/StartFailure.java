package io.dromedary;

import io.dromedary.outbox.UnopenedStoreException;
import io.dromedary.settings.Components;
import io.dromedary.settings.InvalidSettingsException;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says in a sentence why the process did not start. */
final class StartFailure {

  /** An option of an endpoint, in a URI or in a list: its value may be a secret. */
  private static final Pattern OPTION = Pattern.compile("(?<=[?&{;(])([\\w.-]+)=[^&;\\s}\\])]*");

  /** The end of what Camel says of a property that it cannot set. */
  private static final Pattern VALUE = Pattern.compile("(?<= with value: ).*");

  private static final String PREFIX = "Dromedary cannot start: ";

  /** What Camel says of a component that is not there. */
  private static final Pattern NO_COMPONENT =
      Pattern.compile(
          "(?<=No endpoint could be found for: )([a-z][a-z0-9+.-]*)(:[^\n]*Camel component jar)");

  private StartFailure() {}

  private static String withArtifact(MatchResult said) {
    return Matcher.quoteReplacement(said.group() + " (" + Components.whereIs(said.group(1)) + ")");
  }

  static String describe(Throwable failure) {
    Throwable innermost = failure;
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof InvalidSettingsException) {
        return String.valueOf(cause.getMessage());
      }
      if (cause instanceof UnopenedStoreException) {
        // Camel puts before it which of the routes was the first to need the store.
        return PREFIX + cause.getMessage();
      }
      innermost = cause;
    }
    String outer = text(failure);
    String inner = text(innermost);
    String message = outer.contains(inner) ? outer : outer + "\n  " + inner;
    message = NO_COMPONENT.matcher(message).replaceAll(StartFailure::withArtifact);
    String shown = VALUE.matcher(OPTION.matcher(message).replaceAll("$1=…")).replaceAll("…");
    return PREFIX + shown;
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
