package io.dromedary.delivery.flow;

/**
 * What came of the attempts that began with one number of them in flight.
 *
 * <p>Not thread-safe.
 */
final class Sample {

  private final long sinceNanos;
  private int ended;
  private int answered;
  private int timedOut;
  private int full;
  private double inFlight;
  private double tookNanos;

  Sample(long now) {
    this.sinceNanos = now;
  }

  void begins(Permit permit) {
    permit.sample = this;
  }

  /** Whether the attempt began in this one. */
  boolean has(Permit permit) {
    return permit.sample == this;
  }

  /**
   * An attempt of this sample has ended.
   *
   * @param counted how many were in flight with it
   * @param isFull whether the number was what held others back
   */
  void ended(Permit permit, Signal.Kind kind, int counted, boolean isFull, long now) {
    ended++;
    tookNanos += Math.max(1, now - permit.startNanos);
    inFlight += counted;
    full += isFull ? 1 : 0;
    if (kind.isAnswered()) {
      answered++;
    } else if (kind == Signal.Kind.TIMEOUT) {
      timedOut++;
    }
  }

  long nanos(long now) {
    return now - sinceNanos;
  }

  int size() {
    return ended;
  }

  int answered() {
    return answered;
  }

  int timedOut() {
    return timedOut;
  }

  boolean isFull() {
    return full * 2 > ended;
  }

  /** How many were in flight on average. */
  double inFlight() {
    return inFlight / ended;
  }

  /** How long attempts took on average. */
  double tookNanos() {
    return tookNanos / ended;
  }

  /** Accepted events a nanosecond, by Little's law. */
  double brought() {
    return inFlight / ended * answered / tookNanos;
  }
}
