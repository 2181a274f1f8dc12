package io.dromedary.outbox;

/**
 * Which events wait behind each other: those that have never been attempted do not wait behind
 * those that have failed.
 */
enum Lane {
  /** Never attempted. */
  FRESH("attempts = 0"),
  /** Attempted before. */
  RETRY("attempts > 0");

  private final String condition;

  Lane(String condition) {
    this.condition = condition;
  }

  static Lane of(int attempts) {
    return attempts > 0 ? RETRY : FRESH;
  }

  /** By which SQL finds its rows, to the letter that of its index. */
  String condition() {
    return condition;
  }
}
