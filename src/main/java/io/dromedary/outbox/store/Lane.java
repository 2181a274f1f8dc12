package io.dromedary.outbox.store;

/**
 * A queue of events within a destination. There are two, so that events that have never been
 * attempted do not wait behind those that have failed.
 */
public enum Lane {
  /** Never attempted. */
  FRESH("attempts = 0"),
  /** Attempted before. */
  RETRY("attempts > 0");

  private final String condition;

  Lane(String condition) {
    this.condition = condition;
  }

  public static Lane of(int attempts) {
    return attempts > 0 ? RETRY : FRESH;
  }

  /** The SQL condition for its rows, which must equal that of its partial index to the letter. */
  String condition() {
    return condition;
  }
}
