package io.dromedary.json;

import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON text once, front to back. Each value that is read is appended to one buffer, in the
 * form of {@code JSON.stringify}.
 *
 * <p>A text can hold several values: one after another, or in an array or object that is begun and
 * stepped through. Those that were read stay good while the reader goes on, and when a later one is
 * refused. Offsets count bytes from the start of the array. Not thread-safe.
 */
public final class JsonReader {
  /** Bytes for what is put into an object, so that the buffer seldom has to grow for it. */
  private static final int ROOM_TO_PUT = 256;

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

  /** The kind of the next value, as its first byte tells it; END if there is none. */
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

  /** Where the next value, or whatever comes after white space, begins. */
  public int offset() {
    text.token();
    return text.at;
  }

  /** Goes on at another offset, as within the same array or object as before. */
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
      out.length = from; // or a text that is refused again and again would fill the memory
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
   * Whether the array that was begun has another element, which then has to be read, skipped or
   * begun. If not, the array has been left.
   */
  public boolean hasNextElement() throws InvalidJsonException {
    return hasNext(']');
  }

  /**
   * The name of the next member of the object that was begun, whose value then has to be read,
   * skipped or begun; null if there is none, and the object has been left. A name may come twice:
   * to JavaScript the last one counts.
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
   * Steps over the next value by its brackets, which have to match, and quotes alone, however deep,
   * without checking what is in it. So a reader gets past a value that was refused, after {@link
   * #resume} at its start.
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

  /** Makes sure that only white space follows. */
  public void end() throws InvalidJsonException {
    if (text.token() >= 0) {
      throw text.unexpected("the end of the text");
    }
  }
}
