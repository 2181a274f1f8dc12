package io.dromedary.outbox.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event as the outbox stores it: its content and the progress of its delivery. Immutable unless
 * a caller modifies the arrays, which are not copied.
 */
public final class OutboxEvent {

  private final String messageId;
  private final String type;
  private final Instant acceptedAt;
  private final byte[] body;
  private final int attempts;
  private final @Nullable String progress;
  private final byte @Nullable [] trace;

  /** Makes a new event, which has not been attempted. */
  public OutboxEvent(String messageId, String type, Instant acceptedAt, byte[] body) {
    this(messageId, type, acceptedAt, body, 0, null, null);
  }

  /** Makes an event with the progress of its delivery, which is not traced. */
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
   * Makes an event with the progress of its delivery.
   *
   * @param type the type of event; empty if the sender has not given one
   * @param acceptedAt the instant at which its retry window begins
   * @param attempts the number of rounds so far
   * @param progress the deliverer's notes on these rounds, in a format of its own, or null
   * @param trace the span in which the event was stored, or null if it is not traced
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

  /** A copy without progress, for an event that is no longer delivered. */
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

  /** The event's bytes. Not a copy, so callers must not modify it. */
  public byte[] body() {
    return body;
  }

  public int attempts() {
    return attempts;
  }

  public @Nullable String progress() {
    return progress;
  }

  /** The span in which the event was stored, or null. Not a copy, so callers must not modify it. */
  public byte @Nullable [] trace() {
    return trace;
  }

  /** A copy that is stored in that span. */
  public OutboxEvent tracedBy(byte @Nullable [] span) {
    return new OutboxEvent(messageId, type, acceptedAt, body, attempts, progress, span);
  }
}
