package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Outcome;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The state of a delivery at one webhook. */
public enum WebhookState {
  PENDING(Outcome.Kind.TEMPORARY),
  ACCEPTED(Outcome.Kind.ACCEPTED),
  FAILED(Outcome.Kind.PERMANENT);

  private final Outcome.Kind kind;
  private final String json = name().toLowerCase(Locale.ROOT);

  WebhookState(Outcome.Kind kind) {
    this.kind = kind;
  }

  /** Returns the kind of outcome that leads to this state. */
  Outcome.Kind kind() {
    return kind;
  }

  String json() {
    return json;
  }

  static WebhookState of(@Nullable String json) {
    for (WebhookState state : values()) {
      if (state.json.equals(json)) {
        return state;
      }
    }
    return PENDING;
  }

  static WebhookState after(Outcome outcome) {
    return switch (outcome.kind()) {
      case ACCEPTED -> ACCEPTED;
      case TEMPORARY -> PENDING;
      case PERMANENT -> FAILED;
    };
  }
}
