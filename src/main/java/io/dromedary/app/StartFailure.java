package io.dromedary.app;

import io.dromedary.outbox.UnopenedStoreException;
import io.dromedary.settings.Components;
import io.dromedary.settings.InvalidSettingsException;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Describes why the process could not start, without secrets. */
public final class StartFailure {

  /** An option of an endpoint, in a URI or in a list. Its value may be a secret. */
  private static final Pattern OPTION = Pattern.compile("(?<=[?&{;(])([\\w.-]+)=[^&;\\s}\\])]*");

  /** The value of a property in Camel's message that the property cannot be set. */
  private static final Pattern VALUE = Pattern.compile("(?<= with value: ).*");

  private static final String PREFIX = "Dromedary cannot start: ";

  /** Camel's message about a component that is not on the class path. */
  private static final Pattern NO_COMPONENT =
      Pattern.compile(
          "(?<=No endpoint could be found for: )([a-z][a-z0-9+.-]*)(:[^\n]*Camel component jar)");

  private StartFailure() {}

  private static String withArtifact(MatchResult said) {
    return Matcher.quoteReplacement(said.group() + " (" + Components.whereIs(said.group(1)) + ")");
  }

  public static String describe(Throwable failure) {
    Throwable innermost = failure;
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof InvalidSettingsException) {
        return String.valueOf(cause.getMessage());
      }
      if (cause instanceof UnopenedStoreException) {
        // Camel's outer message only names the first route that needs the store.
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
