package io.dromedary.settings;

/**
 * How the heap is divided among all that Dromedary keeps in memory. Every bound that grows with the
 * load is one of these, whatever the number of destinations, so that their sum can be checked
 * against the heap.
 */
public enum HeapShare {
  /** Events that wait to be written into the store. */
  APPENDS(8),
  /** Events whose commit is done and whose routes have not gone on yet. */
  CONTINUATIONS(4),
  /** Message ids that are remembered on SQLite. */
  MESSAGE_IDS(8),
  /** Events out of the store: handed on, claimed, in flight, or waiting for a retry. */
  CLAIMS(12),
  /** Heads of answers that are being read. */
  ANSWER_HEADS(4),
  /** Requests that are being received, or dealt with. */
  REQUESTS(4),
  /** Requests that are being read, and what their events take until they are stored. */
  READING(4),
  /** Dead letters that somebody is being told of. */
  DEAD_LETTERS(2),
  /** A page of dead letters that an operator reads. */
  DEAD_LETTER_PAGE(1);

  private static final int PARTS = 64;

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
