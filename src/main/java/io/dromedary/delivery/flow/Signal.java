package io.dromedary.delivery.flow;

/**
 * What an attempt showed about the receiver.
 *
 * @param kind what came of the attempt
 * @param retryAfterNanos how long the receiver asked to be left alone, or 0
 * @param reason the failure in words, for logs and health; empty where it was accepted
 */
public record Signal(Kind kind, long retryAfterNanos, String reason) {

  /** What came of an attempt. */
  public enum Kind {
    /** 2xx in time. */
    ACCEPTED,
    /** Another 4xx: the fault of the event, from a receiver that is alive. */
    REJECTED,
    /** 429: the sending rate is too high. */
    THROTTLED,
    /** 502, 503 or 504: the event, the load or an outage. */
    UNAVAILABLE,
    /** 500 and other 5xx: mostly about the event. */
    ERROR,
    /** No whole answer in time. */
    TIMEOUT,
    /** The connection was refused or reset, or the host not found. */
    NO_ANSWER,
    /** The certificate or the address was not to be trusted: no event gets any further. */
    UNTRUSTED;

    /** Whether only a receiver that works answers so. */
    boolean isLife() {
      return this == ACCEPTED || this == REJECTED || this == THROTTLED;
    }

    /** Whether the receiver has dealt with the event. */
    boolean isAnswered() {
      return this == ACCEPTED || this == REJECTED;
    }

    /** Whether less load might have got the event through. */
    boolean isRefused() {
      return this == THROTTLED || this == UNAVAILABLE || this == TIMEOUT || this == NO_ANSWER;
    }
  }

  /** Refuses a negative wait. */
  public Signal {
    if (retryAfterNanos < 0) {
      throw new IllegalArgumentException(
          "retryAfterNanos is " + retryAfterNanos + ", expected at least 0");
    }
  }

  /** A signal without a wait. */
  public static Signal of(Kind kind, String reason) {
    return new Signal(kind, 0, reason);
  }
}
