package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;

/**
 * An accepted event: complete, valid, and in the form in which it is signed and sent. Immutable as
 * long as nobody writes to the array, which is not copied.
 */
public final class Event {

  private final String messageId;
  private final EventType type;
  private final Instant acceptedAt;
  private final byte[] json;

  /**
   * An event.
   *
   * @param acceptedAt the instant from which the retry window counts
   * @param json the body, a fixed point of {@code JSON.stringify(JSON.parse(json))}
   */
  public Event(String messageId, EventType type, Instant acceptedAt, byte[] json) {
    this.messageId = messageId;
    this.type = type;
    this.acceptedAt = acceptedAt;
    this.json = json;
  }

  public String messageId() {
    return messageId;
  }

  public EventType type() {
    return type;
  }

  public Instant acceptedAt() {
    return acceptedAt;
  }

  /** The event's bytes. Not a copy: do not write to it. */
  public byte[] json() {
    return json;
  }

  /** The event's JSON text. */
  @Override
  public String toString() {
    return new String(json, UTF_8);
  }
}
