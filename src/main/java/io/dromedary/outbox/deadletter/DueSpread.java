package io.dromedary.outbox.deadletter;

/** Hands out due times at a limited number per second. Not thread-safe. */
final class DueSpread {

  private final int ratePerSecond;
  private long startMillis = Long.MIN_VALUE;
  private int used;

  DueSpread(int ratePerSecond) {
    this.ratePerSecond = ratePerSecond;
  }

  /** Makes sure that no further due time is earlier than an instant. */
  void begin(long nowMillis) {
    if (nowMillis > millis()) {
      startMillis = nowMillis;
      used = 0;
    }
  }

  /** The next due time. */
  long next() {
    long millis = millis();
    used++;
    return millis;
  }

  private long millis() {
    return startMillis + used * 1000L / ratePerSecond;
  }
}
