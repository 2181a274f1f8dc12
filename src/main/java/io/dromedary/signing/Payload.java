package io.dromedary.signing;

import java.util.List;

/**
 * The body of a request, with its id and its first event, which signatures need. Immutable unless a
 * caller modifies the arrays, which are not copied.
 */
public final class Payload {

  private final String id;
  private final byte[] first;
  private final byte[] body;

  private Payload(String id, byte[] first, byte[] body) {
    this.id = id;
    this.first = first;
    this.body = body;
  }

  /** Makes a payload whose body is one event. */
  public static Payload single(String messageId, byte[] event) {
    return new Payload(messageId, event, event);
  }

  /**
   * Makes a payload whose body is a JSON array of events. Its id is the same at every attempt, and
   * differs from the ids of its events: a receiver that drops requests with known ids must not drop
   * an event that is retried on its own.
   */
  public static Payload batch(String firstMessageId, List<byte[]> events) {
    int length = 1 + events.size();
    for (byte[] event : events) {
      length += event.length;
    }
    byte[] body = new byte[length];
    body[0] = '[';
    int at = 1;
    for (byte[] event : events) {
      System.arraycopy(event, 0, body, at, event.length);
      at += event.length;
      body[at++] = ',';
    }
    body[length - 1] = ']';
    return new Payload("batch-" + firstMessageId, events.get(0), body);
  }

  /** The id of the request: the same at every attempt to deliver it. */
  public String id() {
    return id;
  }

  /** The first event, which is the whole body unless this is a batch. */
  byte[] first() {
    return first;
  }

  /** The bytes that are sent. */
  public byte[] body() {
    return body;
  }
}
