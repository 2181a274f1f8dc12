package io.dromedary.outbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event as the outbox keeps it: what is to be delivered, and how far its delivery has come.
 * Immutable as long as nobody writes to the array, which is not copied.
 */
public final class OutboxEvent {

  private final String messageId;
  private final String type;
  private final Instant acceptedAt;
  private final byte[] body;
  private final int attempts;
  private final @Nullable String progress;
  private final byte @Nullable [] trace;

  /** An event that nothing has been done about yet. */
  public OutboxEvent(String messageId, String type, Instant acceptedAt, byte[] body) {
    this(messageId, type, acceptedAt, body, 0, null, null);
  }

  /** An event on its way that is not traced. */
  public OutboxEvent(
      String messageId,
      String type,
      Instant acceptedAt,
      byte[] body,
      int attempts,
      @Nullable String progress) {
    this(messageId, type, acceptedAt, body, attempts, progress, null);
  }

  /**
   * An event on its way.
   *
   * @param type what kind of event it is; empty where the sender did not say
   * @param acceptedAt the instant from which its retry window counts
   * @param attempts how many rounds there have been
   * @param progress what the deliverer noted of them, in a form of its own, or null
   * @param trace the span by which the event was stored, or null if it is not traced
   */
  public OutboxEvent(
      String messageId,
      String type,
      Instant acceptedAt,
      byte[] body,
      int attempts,
      @Nullable String progress,
      byte @Nullable [] trace) {
    this.messageId = messageId;
    this.type = type;
    this.acceptedAt = acceptedAt;
    this.body = body;
    this.attempts = attempts;
    this.progress = progress;
    this.trace = trace;
  }

  /** The same as it is kept where nothing more is delivered. */
  public OutboxEvent withoutProgress() {
    return new OutboxEvent(messageId, type, acceptedAt, body, attempts, null, trace);
  }

  public String messageId() {
    return messageId;
  }

  public String type() {
    return type;
  }

  public Instant acceptedAt() {
    return acceptedAt;
  }

  /** The event's bytes. Not a copy: do not write to it. */
  public byte[] body() {
    return body;
  }

  public int attempts() {
    return attempts;
  }

  public @Nullable String progress() {
    return progress;
  }

  /** The span by which the event was stored, or null. Not a copy: do not write to it. */
  public byte @Nullable [] trace() {
    return trace;
  }

  /** The same, stored by that span. */
  OutboxEvent tracedBy(byte @Nullable [] span) {
    return new OutboxEvent(messageId, type, acceptedAt, body, attempts, progress, span);
  }
}
