package io.dromedary.event;

import org.jspecify.annotations.Nullable;

/** What came in as an event and is none. Becomes a dead letter. */
public final class RejectedEvent {

  private final int index;
  private final @Nullable String messageId;
  private final String code;
  private final String message;
  private final byte[] text;

  RejectedEvent(int index, @Nullable String messageId, String code, String message, byte[] text) {
    this.index = index;
    this.messageId = messageId;
    this.code = code;
    this.message = message;
    this.text = text;
  }

  /** The event's place in its batch, from 0. */
  public int index() {
    return index;
  }

  /** The event's own id, where it can be told. */
  public @Nullable String messageId() {
    return messageId;
  }

  /** What is wrong, in one word for programs. */
  public String code() {
    return code;
  }

  /** What is wrong, what was found and what is expected. */
  public String message() {
    return message;
  }

  /** The bytes that came in. Not a copy: do not write to them. */
  public byte[] text() {
    return text;
  }
}
