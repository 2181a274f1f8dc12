package io.dromedary.page;

import io.dromedary.delivery.flow.FlowState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Describes the state of a webhook in words. */
final class States {

  private States() {}

  /** The style sheet's class for a state. */
  static String tone(FlowState state) {
    return switch (state.kind()) {
      case UP -> "good";
      case LIMITED, PAUSED -> "warn";
      case DOWN -> "bad";
    };
  }

  /** When the webhook is next sent to, such as {@code next probe in 5 s}; empty if it is up. */
  static String next(FlowState state) {
    Duration until = state.untilNext();
    if (until == null) {
      return "";
    }
    boolean isNow = until.toMillis() < 1000;
    String what = state.kind() == FlowState.Kind.DOWN ? "next probe " : "sent to again ";
    return what + (isNow ? "now" : "in " + Figures.duration(until));
  }

  /** Writes a state, and below it when the webhook is next sent to. */
  static void write(Html html, FlowState state) {
    html.element("span", state.kind().word(), "class", "state " + tone(state));
    String next = next(state);
    if (!next.isEmpty()) {
      html.element("small", next);
    }
  }

  /** The reason of the last failure in brackets, to end a clause; empty if there is none. */
  static String because(@Nullable String reason) {
    return reason == null || reason.isEmpty() ? "" : " (" + reason + ")";
  }
}
