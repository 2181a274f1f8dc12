package io.dromedary.history;

import java.util.Locale;

/** What an attempt was made for. */
public enum Origin {
  /** An event that was accepted. */
  DELIVERY,
  /** A dead letter that an operator has replayed. */
  REPLAY,
  /** A test event that an operator has sent. */
  TEST,
  /** An event by which a webhook that is down is probed. */
  PROBE;

  private final String json = name().toLowerCase(Locale.ROOT);

  /** The origin as it is written, in lower case. */
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
