package io.dromedary.outbox;

/** Hands out due times of which no more than so many are in a second. Not thread-safe. */
final class DueSpread {

  private final int ratePerSecond;
  private long startMillis = Long.MIN_VALUE;
  private int used;

  DueSpread(int ratePerSecond) {
    this.ratePerSecond = ratePerSecond;
  }

  /** Nothing is due before that. */
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
