package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.List;

/**
 * An accepted event: complete, valid, and in the form in which it is signed and sent. The array is
 * not copied; the event is immutable as long as nobody writes to it.
 */
public final class Event {

  private final String messageId;
  private final EventType type;
  private final Instant acceptedAt;
  private final byte[] json;
  private final List<String> destinations;

  /** Makes an event for the part of the outbox whose endpoint it is sent to. */
  public Event(String messageId, EventType type, Instant acceptedAt, byte[] json) {
    this(messageId, type, acceptedAt, json, List.of());
  }

  /**
   * Makes an event.
   *
   * @param acceptedAt the start of the retry window
   * @param json the body, a fixed point of {@code JSON.stringify(JSON.parse(json))}
   * @param destinations the parts of the outbox that it goes to; if empty, the part whose endpoint
   *     it is sent to
   */
  public Event(
      String messageId,
      EventType type,
      Instant acceptedAt,
      byte[] json,
      List<String> destinations) {
    this.messageId = messageId;
    this.type = type;
    this.acceptedAt = acceptedAt;
    this.json = json;
    this.destinations = destinations;
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

  /** The event's JSON in UTF-8. Not a copy: do not write to it. */
  public byte[] json() {
    return json;
  }

  /** The parts of the outbox that it goes to; if empty, the part whose endpoint it is sent to. */
  public List<String> destinations() {
    return destinations;
  }

  /** The event's JSON text. */
  @Override
  public String toString() {
    return new String(json, UTF_8);
  }
}
