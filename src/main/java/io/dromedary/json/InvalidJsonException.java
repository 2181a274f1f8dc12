package io.dromedary.json;

/**
 * The text is not what {@code JSON.parse} takes. The message says what was found, at which byte,
 * and what was expected there.
 *
 * <p>It is checked, because the text comes from outside and every caller has to choose what it
 * refuses: one event or the whole text. It carries no stack trace, because it speaks of the text
 * and not of the code, and because a sender of nonsense must not be able to make it expensive.
 */
public final class InvalidJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What a refusal has to cover. */
  public enum Reason {
    /** It is not JSON: nothing that follows can be relied on, the whole text is refused. */
    SYNTAX(""),
    /**
     * A value is nested too deeply: it is refused, and {@link JsonReader#skip} goes on after it.
     */
    NESTING("nested too deeply: "),
    /**
     * A value holds {@code NaN}, {@code Infinity} or {@code -Infinity} where a number has to be,
     * and is JSON but for that. It has been read to its end and is refused; the reader stands
     * behind it.
     */
    NOT_FINITE(""),
    /**
     * A string is not UTF-8: its value is refused, and {@link JsonReader#skip} goes on after it.
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

  /** The offending byte, counted from the start of the array that was read. */
  public int offset() {
    return offset;
  }
}
