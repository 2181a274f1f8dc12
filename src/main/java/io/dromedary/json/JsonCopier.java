package io.dromedary.json;

import io.dromedary.json.InvalidJsonException.Reason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Copies values, one at a time, from a text to a buffer in the form of {@code JSON.stringify}. */
final class JsonCopier {
  /** The most brackets that may be open at once, which bounds the memory for hostile texts. */
  private static final int MAX_DEPTH = 1_000;

  private final JsonText text;
  private final JsonBuffer out;

  /**
   * For each open container: the index of an object's first member in {@link #members}, or -1 for
   * an array.
   */
  private int[] open = new int[16];

  private int depth;

  /** The members of the open objects. */
  private final Members members;

  /** The error of the first number since {@link #begin} that was not finite, or null. */
  private @Nullable InvalidJsonException notFinite;

  JsonCopier(JsonText text, JsonBuffer out) {
    this.text = text;
    this.out = out;
    this.members = new Members(out);
  }

  /** Begins a value that is accepted or rejected as a whole, when {@link #end} is called. */
  void begin() {
    notFinite = null;
  }

  /**
   * Ends the value that was begun.
   *
   * @throws InvalidJsonException if it contains a number that is not finite
   */
  void end() throws InvalidJsonException {
    if (notFinite != null) {
      throw notFinite;
    }
  }

  /**
   * Appends the next value. It iterates rather than recursing, so that nesting cannot overflow the
   * stack.
   *
   * @param outer the number of brackets that are open around the value
   */
  void copyValue(int outer) throws InvalidJsonException {
    depth = 0;
    members.size = 0;
    do {
      int c = text.token();
      if (c == '{' || c == '[') {
        open(c, outer);
        boolean empty = text.token() == c + 2; // each closing bracket is two after its opening one
        if (!empty) {
          if (c == '{') {
            copyMemberName();
          }
          continue;
        }
      } else {
        copyScalar(c);
      }
      closeEnded();
    } while (depth > 0);
  }

  private void open(int bracket, int outer) throws InvalidJsonException {
    if (outer + depth == MAX_DEPTH) {
      throw text.unexpected(Reason.NESTING, "no more than " + MAX_DEPTH + " brackets open");
    }
    if (depth == open.length) {
      open = Arrays.copyOf(open, depth * 2);
    }
    open[depth++] = bracket == '{' ? members.size : -1;
    text.at++;
    out.append(bracket);
  }

  private void copyScalar(int c) throws InvalidJsonException {
    switch (c) {
      case '"' -> JsonString.copy(text, out);
      case 't' -> copyWord("true");
      case 'f' -> copyWord("false");
      case 'n' -> copyWord("null");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        if (c != '-' || !stepOverNotFinite()) {
          EcmaNumber.copy(text, out);
        }
      }
      default -> {
        if (!stepOverNotFinite()) {
          throw text.unexpected("a value");
        }
      }
    }
  }

  /**
   * Steps over {@code NaN} and the like, which Python writes. The text after it must be valid after
   * a number. So the end of the value is known, and the text behind it can be relied on. Returns
   * false if there is no such word.
   */
  private boolean stepOverNotFinite() {
    String word = text.notFinite();
    if (word == null) {
      return false;
    }
    if (notFinite == null) {
      // The message is the same as for other texts that are not JSON.
      boolean isNegative = word.charAt(0) == '-';
      text.at += isNegative ? 1 : 0;
      notFinite = text.unexpected(Reason.NOT_FINITE, isNegative ? "a digit" : "a value");
      text.at -= isNegative ? 1 : 0;
    }
    text.at += word.length();
    return true;
  }

  private void copyWord(String word) throws InvalidJsonException {
    for (int i = 0; i < word.length(); i++, text.at++) {
      if (text.at == text.end || text.bytes[text.at] != word.charAt(i)) {
        throw text.unexpected(word);
      }
      out.append(word.charAt(i));
    }
  }

  /** Closes the containers that end after a value, up to one that continues with another value. */
  private void closeEnded() throws InvalidJsonException {
    for (; depth > 0; depth--) {
      int first = open[depth - 1];
      boolean object = first >= 0;
      if (object && members.size > first) {
        members.endLast(out.length);
      }
      if (text.comma(object ? '}' : ']')) {
        out.append(',');
        if (object) {
          copyMemberName();
        }
        return;
      }
      if (object) {
        arrange(first);
      }
      out.append(object ? '}' : ']');
    }
  }

  /** Puts the members from {@code first} on in order in the buffer, and forgets them. */
  private void arrange(int first) {
    if (members.size > first) {
      int start = members.start(first);
      if (members.arrange(first, false)) {
        // Written after the end and then moved, since source and target overlap.
        int length = members.length(first);
        out.ensure(length);
        members.write(first, out.bytes, out.length);
        System.arraycopy(out.bytes, out.length, out.bytes, start, length);
        out.length = start + length;
      }
      members.size = first;
    }
  }

  private void copyMemberName() throws InvalidJsonException {
    int start = out.length;
    int colon = copyName();
    members.add(start, colon, colon); // its end is set later, after its value
  }

  /** Copies a name and the colon after it. Returns the offset of the colon in the buffer. */
  int copyName() throws InvalidJsonException {
    if (text.token() != '"') {
      throw text.unexpected("a name in double quotes");
    }
    JsonString.copy(text, out);
    if (text.token() != ':') {
      throw text.unexpected("':'");
    }
    text.at++;
    out.append(':');
    return out.length - 1;
  }
}
