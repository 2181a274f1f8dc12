package io.dromedary.delivery.flow;

/**
 * A token bucket that spaces attempts. It holds the tokens of a few milliseconds, so that a sender
 * that wakes up late catches up and one that was idle does not burst.
 *
 * <p>Not thread-safe.
 */
final class Pacer {

  /** The capacity of the bucket, as the time in which it fills. */
  private static final double HELD_SECONDS = 0.01;

  private double ratePerSecond = Double.POSITIVE_INFINITY;
  private double tokens;
  private long filledNanos;

  double ratePerSecond() {
    return ratePerSecond;
  }

  /** Changes the rate. Tokens in the bucket are kept up to its new capacity. */
  void setRate(double perSecond, long now) {
    if (ratePerSecond == Double.POSITIVE_INFINITY) {
      filledNanos = now;
      tokens = 1;
    } else {
      fill(now);
    }
    ratePerSecond = perSecond;
    tokens = Math.min(tokens, most());
  }

  boolean hasToken(long now) {
    if (ratePerSecond == Double.POSITIVE_INFINITY) {
      return true;
    }
    fill(now);
    return tokens >= 1;
  }

  /** Takes a token, on credit if there is none. */
  void take(long now) {
    if (ratePerSecond != Double.POSITIVE_INFINITY) {
      fill(now);
      tokens = Math.max(tokens - 1, -most());
    }
  }

  void giveBack() {
    tokens = Math.min(tokens + 1, most());
  }

  /** Returns the time until there is a token; at least 0. */
  long nanosUntilToken(long now) {
    if (hasToken(now)) {
      return 0;
    }
    double nanos = Math.ceil((1 - tokens) / ratePerSecond * 1e9);
    return Math.max(1, (long) nanos);
  }

  private void fill(long now) {
    long passed = now - filledNanos;
    if (passed > 0) {
      tokens = Math.min(tokens + passed * 1e-9 * ratePerSecond, most());
      filledNanos = now;
    }
  }

  private double most() {
    return Math.max(1, ratePerSecond * HELD_SECONDS);
  }
}
