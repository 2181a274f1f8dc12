package io.dromedary.settings;

/**
 * How the heap is divided among all that Dromedary keeps in memory. Every bound that grows with the
 * load is one of these, whatever the number of destinations, so that their sum can be checked
 * against the heap.
 */
public enum HeapShare {
  /** Events that wait to be written into the store. */
  APPENDS(32),
  /** Events whose commit is done and whose routes have not gone on yet. */
  CONTINUATIONS(16),
  /** Message ids that are remembered on SQLite. */
  MESSAGE_IDS(32),
  /** Events out of the store: handed on, claimed, in flight, or waiting for a retry. */
  CLAIMS(48),
  /** Heads of answers that are being read. */
  ANSWER_HEADS(16),
  /** Requests that are being received, or dealt with. */
  REQUESTS(16),
  /** Requests that are being read, and what their events take until they are stored. */
  READING(16),
  /** Dead letters that somebody is being told of. */
  DEAD_LETTERS(8),
  /** A page of dead letters that an operator reads. */
  DEAD_LETTER_PAGE(4),
  /** Attempts that wait to be written into the history, and what was counted in the last hour. */
  HISTORY(1);

  private static final int PARTS = 256;

  /** Classes, routes and connections, which are there without any load: less, as a test shows. */
  public static final long APPLICATION_BYTES = 31L << 20;

  /** The last requests that the request bin keeps. */
  public static final long REQUEST_BIN_BYTES = 2L << 20;

  private final int parts;

  HeapShare(int parts) {
    this.parts = parts;
  }

  /** The share of this process's heap. */
  public long bytes() {
    return bytes(Runtime.getRuntime().maxMemory());
  }

  /** The share of a heap. */
  public long bytes(long heap) {
    return heap / PARTS * parts;
  }
}
