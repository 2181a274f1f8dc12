package io.dromedary.json;

import io.dromedary.json.InvalidJsonException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The text being read, and the position in it. */
final class JsonText {
  private static final List<String> NOT_FINITE = List.of("NaN", "Infinity", "-Infinity");

  final byte[] bytes;
  final int end;

  /** The next byte to read. */
  int at;

  JsonText(byte[] bytes, int from, int to) {
    Objects.checkFromToIndex(from, to, bytes.length);
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /**
   * The word for a number that is not finite, such as {@code NaN}, if it is next; otherwise null.
   */
  @Nullable String notFinite() {
    for (String word : NOT_FINITE) {
      if (startsWith(word)) {
        return word;
      }
    }
    return null;
  }

  private boolean startsWith(String word) {
    if (word.length() > end - at) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (bytes[at + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Skips white space. Returns the next byte without reading it, or -1 at the end. */
  int token() {
    int i = at;
    while (i < end && isWhite(bytes[i])) {
      i++;
    }
    at = i;
    return i < end ? bytes[i] & 0xff : -1;
  }

  private static boolean isWhite(byte b) {
    return b <= ' ' && (b == ' ' || b == '\n' || b == '\r' || b == '\t');
  }

  /** Reads the byte after a value. Returns true for a comma, false for the closing bracket. */
  boolean comma(char bracket) throws InvalidJsonException {
    int c = token();
    if (c != ',' && c != bracket) {
      throw unexpected("',' or '" + bracket + "'");
    }
    at++;
    return c == ',';
  }

  InvalidJsonException unexpected(String expected) {
    return unexpected(Reason.SYNTAX, expected);
  }

  /** Makes the error that the text at the current position is not what was expected. */
  InvalidJsonException unexpected(Reason reason, String expected) {
    return new InvalidJsonException(reason, at, found(), expected);
  }

  private String found() {
    if (at == end) {
      return "end of text";
    }
    if (new String(bytes, at, Math.min(3, end - at), StandardCharsets.UTF_8).equals("\ufeff")) {
      return "byte order mark";
    }
    int found = bytes[at] & 0xff;
    if (found < ' ' || found > '~') {
      return String.format("0x%02x", found);
    }
    return found == '\'' ? "\"'\"" : "'" + (char) found + "'";
  }
}
