package io.dromedary.delivery.flow;

/**
 * The outcome of an attempt as evidence about the receiver.
 *
 * @param kind the kind of outcome
 * @param retryAfterNanos the pause that the receiver asked for by {@code Retry-After}, or 0
 * @param reason the failure in words, for logs and health; empty if the attempt was accepted
 */
public record Signal(Kind kind, long retryAfterNanos, String reason) {

  /** The kind of outcome. */
  public enum Kind {
    /** 2xx in time. */
    ACCEPTED,
    /** Another 4xx: the event is at fault, the receiver is alive. */
    REJECTED,
    /** 429: the sending rate is too high. */
    THROTTLED,
    /** 502, 503 or 504: the event, the load or an outage may be the cause. */
    UNAVAILABLE,
    /** 500 and other 5xx: usually the event is the cause. */
    ERROR,
    /** No complete answer in time. */
    TIMEOUT,
    /** The connection was refused or reset, or the host was not found. */
    NO_ANSWER,
    /** The certificate was not trusted or the address not allowed: no event can be delivered. */
    UNTRUSTED;

    /** Returns whether only a working receiver gives this answer. */
    boolean isLife() {
      return this == ACCEPTED || this == REJECTED || this == THROTTLED;
    }

    /** Returns whether the receiver has processed the event. */
    boolean isAnswered() {
      return this == ACCEPTED || this == REJECTED;
    }

    /** Returns whether the event might have got through with less load. */
    boolean isRefused() {
      return this == THROTTLED || this == UNAVAILABLE || this == TIMEOUT || this == NO_ANSWER;
    }
  }

  /** Refuses a negative pause. */
  public Signal {
    if (retryAfterNanos < 0) {
      throw new IllegalArgumentException(
          "retryAfterNanos is " + retryAfterNanos + ", expected at least 0");
    }
  }

  /** Creates a signal without a pause. */
  public static Signal of(Kind kind, String reason) {
    return new Signal(kind, 0, reason);
  }
}
