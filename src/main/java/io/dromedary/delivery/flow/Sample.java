package io.dromedary.delivery.flow;

/**
 * Measures the attempts that began under one concurrency limit.
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

  /** Returns whether the attempt began in this sample. */
  boolean has(Permit permit) {
    return permit.sample == this;
  }

  /**
   * Records the end of an attempt of this sample.
   *
   * @param counted the number of attempts that were in flight at its end
   * @param isFull whether the limit held other attempts back
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

  /** Returns the average number of attempts in flight. */
  double inFlight() {
    return inFlight / ended;
  }

  /** Returns the average duration of an attempt. */
  double tookNanos() {
    return tookNanos / ended;
  }

  /** Returns the accepted events per nanosecond, by Little's law. */
  double brought() {
    return inFlight / ended * answered / tookNanos;
  }
}
