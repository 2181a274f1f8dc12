package io.dromedary.json;

import io.dromedary.json.InvalidJsonException.Reason;
import java.nio.charset.StandardCharsets;

/**
 * Reads and writes strings as {@code JSON.stringify} does. Each string has one form, so strings are
 * equal if and only if their bytes are.
 */
final class JsonString {
  /** The ASCII characters that need no escape: not the quote, the backslash or a control. */
  private static final boolean[] PLAIN = new boolean[256];

  /** The letters of the short escapes, in the order of the characters that they represent. */
  private static final String LETTERS = "\"\\bfnrt";

  private static final String ESCAPED = "\"\\\b\f\n\r\t";

  static {
    for (int c = ' '; c < 0x80; c++) {
      PLAIN[c] = c != '"' && c != '\\';
    }
  }

  private JsonString() {}

  /** Appends the string whose opening quote is the next byte of the text. */
  static void copy(JsonText text, JsonBuffer out) throws InvalidJsonException {
    byte[] bytes = text.bytes;
    int end = text.end;
    int run = text.at; // the start of the part that is copied unchanged
    int i = run + 1;
    while (true) {
      while (i < end && PLAIN[bytes[i] & 0xff]) {
        i++;
      }
      text.at = i;
      if (i == end || (bytes[i] >= 0 && bytes[i] < ' ')) {
        throw text.unexpected("the rest of a string");
      } else if (bytes[i] == '"') {
        text.at++;
        out.append(bytes, run, text.at);
        return;
      } else if (bytes[i] < 0) {
        checkUtf8(text);
      } else if (!isShortEscape(text)) {
        out.append(bytes, run, i);
        appendCodePoint(unescape(text), out);
        run = text.at;
      }
      i = text.at;
    }
  }

  /** Steps over an escape that is copied unchanged. Returns false if it has to be rewritten. */
  private static boolean isShortEscape(JsonText text) {
    boolean same = text.at + 1 < text.end && LETTERS.indexOf(text.bytes[text.at + 1]) >= 0;
    text.at += same ? 2 : 0;
    return same;
  }

  /** Reads an escaped slash or UTF-16 unit, with the second unit of a surrogate pair. */
  private static int unescape(JsonText text) throws InvalidJsonException {
    text.at++;
    int letter = text.at < text.end ? text.bytes[text.at] : -1;
    if (letter != '/' && letter != 'u') {
      throw text.unexpected("one of \"\\/bfnrtu after a backslash");
    }
    text.at++;
    if (letter == '/') {
      return letter;
    }
    int unit = hexadecimal(text);
    int next = text.at;
    if (Character.isHighSurrogate((char) unit)
        && text.end - next >= 2
        && text.bytes[next] == '\\'
        && text.bytes[next + 1] == 'u') {
      text.at += 2;
      int low = hexadecimal(text);
      if (Character.isLowSurrogate((char) low)) {
        return Character.toCodePoint((char) unit, (char) low);
      }
      text.at = next; // the first surrogate is unpaired
    }
    return unit;
  }

  private static int hexadecimal(JsonText text) throws InvalidJsonException {
    int unit = 0;
    for (int last = text.at + 4; text.at < last; text.at++) {
      int digit = text.at < text.end ? Character.digit(text.bytes[text.at], 16) : -1;
      if (digit < 0) {
        throw text.unexpected("four hexadecimal digits after \\u");
      }
      unit = (unit << 4) | digit;
    }
    return unit;
  }

  /** Steps over a character of several bytes, and checks its encoding. */
  private static void checkUtf8(JsonText text) throws InvalidJsonException {
    int lead = text.bytes[text.at] & 0xff;
    if (lead < 0xc2 || lead > 0xf4) {
      throw text.unexpected(Reason.ENCODING, "the first byte of a character");
    }
    int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    // The bounds of the second byte exclude overlong forms, surrogates, and code points above
    // U+10FFFF.
    int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    text.at++;
    for (int last = text.at + more; text.at < last; text.at++) {
      int next = text.at < text.end ? text.bytes[text.at] & 0xff : -1;
      if (next < low || next > high) {
        throw text.unexpected(Reason.ENCODING, String.format("0x%02x to 0x%02x", low, high));
      }
      low = 0x80;
      high = 0xbf;
    }
  }

  /** Appends a Java string in quotes, with escapes. */
  static void append(String string, JsonBuffer out) {
    out.append('"');
    for (int i = 0; i < string.length(); ) {
      int c = string.codePointAt(i);
      appendCodePoint(c, out);
      i += Character.charCount(c);
    }
    out.append('"');
  }

  private static void appendCodePoint(int c, JsonBuffer out) {
    if (c < 0x80 && PLAIN[c]) {
      out.append(c);
    } else if (ESCAPED.indexOf(c) >= 0) {
      out.append('\\');
      out.append(LETTERS.charAt(ESCAPED.indexOf(c)));
    } else if (c < ' ' || Character.getType(c) == Character.SURROGATE) {
      out.appendAscii("\\u"); // a control, or an unpaired surrogate, which UTF-8 cannot encode
      for (int shift = 12; shift >= 0; shift -= 4) {
        out.append(Character.forDigit((c >> shift) & 0xf, 16));
      }
    } else {
      int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; // bytes of UTF-8 after the first
      out.append((0xf0 << (3 - more)) | (c >> (6 * more)));
      for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
        out.append(0x80 | ((c >> shift) & 0x3f));
      }
    }
  }

  /** Decodes the string from {@code from} to before {@code to}, quotes included. */
  static String decode(byte[] bytes, int from, int to) {
    String raw = new String(bytes, from + 1, to - from - 2, StandardCharsets.UTF_8);
    StringBuilder decoded = new StringBuilder(raw.length());
    int start = 0;
    for (int i = raw.indexOf('\\'); i >= 0; i = raw.indexOf('\\', start)) {
      decoded.append(raw, start, i);
      char letter = raw.charAt(i + 1);
      if (letter == 'u') {
        start = i + 6;
        decoded.append((char) Integer.parseInt(raw, i + 2, start, 16));
      } else {
        start = i + 2;
        decoded.append(ESCAPED.charAt(LETTERS.indexOf(letter)));
      }
    }
    return start == 0 ? raw : decoded.append(raw, start, raw.length()).toString();
  }

  /** Whether such a string, decoded, equals {@code string}. Allocates nothing if it is ASCII. */
  static boolean equals(byte[] bytes, int from, int to, String string) {
    int length = to - from - 2;
    for (int i = 0; i < length; i++) {
      byte b = bytes[from + 1 + i];
      if (b < 0 || b == '\\') {
        return decode(bytes, from, to).equals(string);
      }
      if (i == string.length() || b != string.charAt(i)) {
        return false;
      }
    }
    return length == string.length();
  }

  /** Skips the rest of a string, looking only at quotes and backslashes. */
  static void skip(JsonText text) throws InvalidJsonException {
    boolean escaped = false;
    for (; text.at < text.end; text.at++) {
      byte b = text.bytes[text.at];
      if (b == '"' && !escaped) {
        text.at++;
        return;
      }
      escaped = b == '\\' && !escaped;
    }
    throw text.unexpected("the rest of a string");
  }
}
