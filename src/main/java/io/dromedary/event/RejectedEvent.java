package io.dromedary.event;

import io.dromedary.json.Utf8;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An event that is not valid, or a body that cannot be read. Becomes a dead letter. */
public final class RejectedEvent {

  /** The most bytes or characters that are kept of a body that cannot be read. */
  private static final int MOST_SHOWN = 1024 * 1024;

  private final int index;
  private final @Nullable String messageId;
  private final String code;
  private final String message;
  private final byte[] text;

  public RejectedEvent(
      int index, @Nullable String messageId, String code, String message, byte[] text) {
    this.index = index;
    this.messageId = messageId;
    this.code = code;
    this.message = message;
    this.text = text;
  }

  /**
   * Rejects a body, or the rest of one, that could not be read for a reason other than its text.
   */
  public static RejectedEvent unreadable(int index, String message, byte[] text) {
    return new RejectedEvent(index, null, "unreadable", message, text);
  }

  /**
   * Rejects a body that could not be read or converted to JSON, and keeps as much of it as can be
   * shown.
   */
  public static RejectedEvent unreadable(@Nullable Object body, Throwable why) {
    return unreadable(
        0, "expected a body that can be read, found one that fails with " + why, shown(body));
  }

  /** The start of a body of any class, as text. If {@code toString} fails, the class's name. */
  public static byte[] shown(@Nullable Object body) {
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

  /** The event's index in its batch, from 0. */
  public int index() {
    return index;
  }

  /** The event's own id, or null if it is missing or unknown. */
  public @Nullable String messageId() {
    return messageId;
  }

  /** The reason as a code for programs. */
  public String code() {
    return code;
  }

  /** The reason as a sentence: what was expected and what was found. */
  public String message() {
    return message;
  }

  /** The bytes as received. Not a copy: do not write to them. */
  public byte[] text() {
    return text;
  }
}
