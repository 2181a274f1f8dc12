package io.dromedary.history;

import java.util.Locale;

/** The reason for which an attempt was made. */
public enum Origin {
  /** An event that was accepted. */
  DELIVERY,
  /** A dead letter that an operator has replayed. */
  REPLAY,
  /** A test event that an operator has sent. */
  TEST,
  /** An event that probes a webhook that is down. */
  PROBE;

  private final String json = name().toLowerCase(Locale.ROOT);

  /** The origin in lower case, as it is written in JSON and in the store. */
  public String json() {
    return json;
  }

  static Origin of(String json) {
    for (Origin each : values()) {
      if (each.json.equals(json)) {
        return each;
      }
    }
    return DELIVERY;
  }
}
