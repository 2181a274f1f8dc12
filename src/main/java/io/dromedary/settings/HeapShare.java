package io.dromedary.settings;

/**
 * A share of the heap for one kind of data that Dromedary keeps in memory. Everything that grows
 * with the load is bounded by one of these shares, for any number of destinations, so that their
 * sum can be checked against the heap.
 */
public enum HeapShare {
  /** Events that wait to be written to the store. */
  APPENDS(32),
  /** Events that are committed but whose routes have not continued yet. */
  CONTINUATIONS(16),
  /** Message ids that are kept for de-duplication on SQLite. */
  MESSAGE_IDS(32),
  /** Events that have left the store: handed on, claimed, in flight or waiting for a retry. */
  CLAIMS(48),
  /** Heads of responses that are being read. */
  ANSWER_HEADS(16),
  /** Requests that are being received or processed. */
  REQUESTS(16),
  /** Requests that are being read, and their events until they are stored. */
  READING(16),
  /** Dead letters that are being sent to {@code webhooks.dead-letter}. */
  DEAD_LETTERS(8),
  /** A page of dead letters for an operator. */
  DEAD_LETTER_PAGE(4),
  /** Attempts that wait to be written to the history, and the counts of the last hour. */
  HISTORY(1);

  private static final int PARTS = 256;

  /**
   * An upper bound, checked by a test, for the heap that is used without load: classes, routes and
   * connections.
   */
  public static final long APPLICATION_BYTES = 31L << 20;

  /** The bound for the requests that the request bin keeps. */
  public static final long REQUEST_BIN_BYTES = 2L << 20;

  private final int parts;

  HeapShare(int parts) {
    this.parts = parts;
  }

  /** The share of this process's maximum heap, in bytes. */
  public long bytes() {
    return bytes(Runtime.getRuntime().maxMemory());
  }

  /** The share of a heap of the given size, in bytes. */
  public long bytes(long heap) {
    return heap / PARTS * parts;
  }
}
