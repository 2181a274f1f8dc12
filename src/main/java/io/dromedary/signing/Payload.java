package io.dromedary.signing;

import java.util.List;

/**
 * The body of a request and what a signature needs to know of it. Immutable as long as nobody
 * writes to the arrays, which are not copied.
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

  /** One event as the body. */
  public static Payload single(String messageId, byte[] event) {
    return new Payload(messageId, event, event);
  }

  /**
   * A JSON array of events as the body. Its id is the same at every attempt, and none of its
   * events': a receiver that drops ids it has seen must not drop an event that is sent again alone.
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

  /** The first event, which is the whole body where there is no batch. */
  byte[] first() {
    return first;
  }

  /** The bytes that are sent. */
  public byte[] body() {
    return body;
  }
}
