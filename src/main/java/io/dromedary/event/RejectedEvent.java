package io.dromedary.event;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What came in as an event and is none. Becomes a dead letter. */
public final class RejectedEvent {

  /** A dead letter has so many bytes or characters of a body that is not text, and no more. */
  private static final int MOST_SHOWN = 1024 * 1024;

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

  /**
   * A body, or the part of one that is left, that could not be read for another reason than its
   * text.
   */
  static RejectedEvent unreadable(int index, String message, byte[] text) {
    return new RejectedEvent(index, null, "unreadable", message, text);
  }

  /**
   * A body that could not be read, or not be turned into JSON, with as much of it as can be shown.
   */
  static RejectedEvent unreadable(@Nullable Object body, Throwable why) {
    return unreadable(
        0, "expected a body that can be read, found one that fails with " + why, shown(body));
  }

  /** As much of a body as can be shown, whatever it is. */
  static byte[] shown(@Nullable Object body) {
    if (body instanceof byte[] bytes) {
      return Arrays.copyOf(bytes, Math.min(bytes.length, MOST_SHOWN));
    }
    String text;
    try {
      text = String.valueOf(body);
    } catch (RuntimeException | Error e) {
      text = String.valueOf(body == null ? null : body.getClass().getName());
    }
    return Utf8.encode(text.substring(0, Math.min(text.length(), MOST_SHOWN)));
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
