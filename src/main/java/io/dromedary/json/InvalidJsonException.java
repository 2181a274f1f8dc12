package io.dromedary.json;

/**
 * Thrown if {@code JSON.parse} would reject a text. The message says what was found, at which byte,
 * and what was expected there.
 *
 * <p>It is a checked exception, because the text comes from outside and every caller has to decide
 * what to reject: one event or the whole text. It has no stack trace, because it is about the text
 * rather than the code, and because senders of invalid text must not be able to make it expensive.
 */
public final class InvalidJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The reason, which determines how much of the text has to be rejected. */
  public enum Reason {
    /** It is not JSON. Nothing that follows can be relied on, so the whole text is rejected. */
    SYNTAX(""),
    /**
     * A value is nested too deeply. It is rejected, and {@link JsonReader#skip} continues after it.
     */
    NESTING("nested too deeply: "),
    /**
     * A value has {@code NaN}, {@code Infinity} or {@code -Infinity} in place of a number, and is
     * valid JSON otherwise. It has been read to its end and is rejected. The reader continues after
     * it.
     */
    NOT_FINITE(""),
    /**
     * A string is not UTF-8. Its value is rejected, and {@link JsonReader#skip} continues after it.
     */
    ENCODING("malformed UTF-8: ");

    private final String prefix;

    Reason(String prefix) {
      this.prefix = prefix;
    }
  }

  private final Reason reason;
  private final int offset;

  InvalidJsonException(Reason reason, int offset, String found, String expected) {
    super(
        reason.prefix + "unexpected " + found + " at byte " + offset + ", expected " + expected,
        null,
        false,
        false);
    this.reason = reason;
    this.offset = offset;
  }

  public Reason reason() {
    return reason;
  }

  /** The offset of the invalid byte, from the start of the array that was read. */
  public int offset() {
    return offset;
  }
}
