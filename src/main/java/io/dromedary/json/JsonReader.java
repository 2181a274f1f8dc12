package io.dromedary.json;

import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON text once, from front to back. Each value that is read is appended to one buffer, in
 * the form of {@code JSON.stringify}.
 *
 * <p>A text can have several values: one after another, or in an array or object that is begun and
 * stepped through. Values that were read stay valid while the reader continues, even if a later one
 * is rejected. Offsets count bytes from the start of the array. Not thread-safe.
 */
public final class JsonReader {
  /** Spare bytes for members that are put into an object, so that the buffer rarely has to grow. */
  private static final int ROOM_TO_PUT = 512;

  private final JsonText text;
  private final JsonBuffer out;
  private final JsonCopier copier;

  /** Whether nothing has been read yet of the array or object that was begun last. */
  private boolean atStart;

  public JsonReader(byte[] text) {
    this(text, 0, text.length);
  }

  /** Reads the bytes from {@code from} to before {@code to}. */
  public JsonReader(byte[] text, int from, int to) {
    this.text = new JsonText(text, from, to);
    this.out = new JsonBuffer(to - from + ROOM_TO_PUT);
    this.copier = new JsonCopier(this.text, out);
  }

  /** Returns the kind of the next value, according to its first byte; END if there is none. */
  public JsonKind peek() throws InvalidJsonException {
    JsonKind kind = JsonKind.of(text.token());
    if (kind == null && text.notFinite() != null) {
      return JsonKind.NUMBER;
    }
    if (kind == null) {
      throw text.unexpected("a value");
    }
    return kind;
  }

  /** The offset of the next byte that is not white space, such as the start of the next value. */
  public int offset() {
    text.token();
    return text.at;
  }

  /** Continues at another offset, which must be within the same array or object as before. */
  public void resume(int offset) {
    text.at = Objects.checkIndex(offset, text.end + 1);
  }

  /** Reads the next value. */
  public JsonValue read() throws InvalidJsonException {
    int from = out.length;
    try {
      copier.begin();
      copier.copyValue(0);
      copier.end();
    } catch (InvalidJsonException e) {
      out.length = from; // otherwise a text that is rejected repeatedly would fill the memory
      throw e;
    }
    return new JsonValue(out, from, out.length);
  }

  /** Reads the next value, which must be an object: see {@link #peek}. */
  public JsonObject readObject() throws InvalidJsonException {
    int from = out.length;
    Members members = new Members(out);
    try {
      copier.begin();
      beginObject();
      while (hasNext('}')) {
        int start = out.length;
        int colon = copier.copyName();
        copier.copyValue(1);
        members.add(start, colon, out.length);
      }
      copier.end();
    } catch (InvalidJsonException e) {
      out.length = from;
      throw e;
    }
    members.arrange(0, false);
    return new JsonObject(out, members);
  }

  /** Steps into the next value, which must be an array. */
  public void beginArray() throws InvalidJsonException {
    begin('[');
  }

  /** Steps into the next value, which must be an object. */
  public void beginObject() throws InvalidJsonException {
    begin('{');
  }

  private void begin(char bracket) throws InvalidJsonException {
    if (text.token() != bracket) {
      throw text.unexpected("'" + bracket + "'");
    }
    text.at++;
    atStart = true;
  }

  /**
   * Whether the array that was begun has another element, which must then be read, skipped or
   * begun. If it has none, the reader has left the array.
   */
  public boolean hasNextElement() throws InvalidJsonException {
    return hasNext(']');
  }

  /**
   * Returns the name of the next member of the object that was begun. Its value must then be read,
   * skipped or begun. Returns null if there is no other member; the reader has then left the
   * object. A name may occur twice. In JavaScript the last one counts.
   */
  public @Nullable String nextName() throws InvalidJsonException {
    if (!hasNext('}')) {
      return null;
    }
    int from = out.length;
    int colon = copier.copyName();
    out.length = from;
    return JsonString.decode(out.bytes, from, colon);
  }

  private boolean hasNext(char bracket) throws InvalidJsonException {
    boolean next = (atStart && text.token() != bracket) || text.comma(bracket);
    atStart = false;
    return next;
  }

  /**
   * Skips the next value by its quotes and its brackets, which have to match, to any depth and
   * without checking its content. After {@link #resume} at its start, this gets past a value that
   * was rejected.
   */
  public void skip() throws InvalidJsonException {
    switch (peek()) {
      case OBJECT, ARRAY, STRING -> skipNested();
      default -> {
        int from = out.length;
        copier.copyValue(0);
        out.length = from;
      }
    }
  }

  private void skipNested() throws InvalidJsonException {
    BitSet objects = new BitSet();
    int depth = 0;
    do {
      int c = text.token();
      if (c == '"') {
        text.at++;
        JsonString.skip(text);
      } else if (c == '{' || c == '[') {
        text.at++;
        objects.set(depth++, c == '{');
      } else if (c == '}' || c == ']') {
        depth--;
        if (objects.get(depth) != (c == '}')) {
          throw text.unexpected(c == '}' ? "']'" : "'}'");
        }
        text.at++;
      } else if (c < 0) {
        throw text.unexpected("the rest of a value");
      } else {
        text.at++;
      }
    } while (depth > 0);
  }

  /** Checks that only white space follows. */
  public void end() throws InvalidJsonException {
    if (text.token() >= 0) {
      throw text.unexpected("the end of the text");
    }
  }
}
