package io.dromedary.json;

import java.util.Arrays;
import java.util.Objects;

/**
 * A value in the form of {@code JSON.stringify}: a slice of its reader's output, which it keeps in
 * memory and which stays as it is while the reader goes on. Not thread-safe while it does.
 */
public final class JsonValue {
  final JsonBuffer buffer;
  final int from;
  final int to;

  JsonValue(JsonBuffer buffer, int from, int to) {
    this.buffer = buffer;
    this.from = from;
    this.to = to;
  }

  /** A string value; surrogates that stand alone are kept. */
  public static JsonValue ofString(String string) {
    JsonBuffer buffer = new JsonBuffer(string.length() + 2);
    JsonString.append(string, buffer);
    return new JsonValue(buffer, 0, buffer.length);
  }

  /** A number value; beyond 2^53 it is the nearest double, as everywhere in JavaScript. */
  public static JsonValue ofNumber(long number) {
    JsonBuffer buffer = new JsonBuffer(24);
    EcmaNumber.append((double) number, buffer);
    return new JsonValue(buffer, 0, buffer.length);
  }

  public JsonKind kind() {
    return Objects.requireNonNull(JsonKind.of(buffer.bytes[from]));
  }

  /** How many bytes {@link #toBytes()} has. */
  public int length() {
    return to - from;
  }

  public byte[] toBytes() {
    return Arrays.copyOfRange(buffer.bytes, from, to);
  }

  /**
   * What a string value says. Half a surrogate pair that stands alone is half a pair in Java too.
   *
   * @throws IllegalStateException if this is no string
   */
  public String asString() {
    require(JsonKind.STRING);
    return JsonString.decode(buffer.bytes, from, to);
  }

  /**
   * The members of an object value, to be changed without changing this value.
   *
   * @throws IllegalStateException if this is no object
   */
  public JsonObject asObject() {
    require(JsonKind.OBJECT);
    try {
      return new JsonReader(buffer.bytes, from, to).readObject();
    } catch (InvalidJsonException e) {
      throw new AssertionError("a value that was read before cannot be read again", e);
    }
  }

  private void require(JsonKind kind) {
    if (kind() != kind) {
      throw new IllegalStateException("expected the kind " + kind + ", found " + kind());
    }
  }
}
