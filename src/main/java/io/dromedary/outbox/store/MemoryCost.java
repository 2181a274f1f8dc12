package io.dromedary.outbox.store;

/** Estimates how much memory an event takes between being read and its settlement's commit. */
public final class MemoryCost {

  /** What an event costs beside its bytes: claim, exchange, delivery, request. */
  public static final int CLAIM_BYTES = 6 * 1024;

  /**
   * How often the bytes of an event are in memory: as they were stored, as they are sent, and while
   * they are changed or written.
   */
  public static final int COPIES = 3;

  private MemoryCost() {}

  /** The bytes of memory that an event is taken to cost. */
  public static long of(OutboxEvent event) {
    String progress = event.progress();
    int text =
        event.messageId().length()
            + event.type().length()
            + (progress == null ? 0 : progress.length());
    return CLAIM_BYTES + (long) COPIES * (event.body().length + text);
  }
}
