package io.dromedary.json;

import java.util.Arrays;
import java.util.Objects;

/**
 * A value in the form of {@code JSON.stringify}: a slice of its reader's output. It keeps that
 * output in memory, and does not change while the reader continues. Not thread-safe while the
 * reader is in use.
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

  /** Makes a string value. Unpaired surrogates are kept. */
  public static JsonValue ofString(String string) {
    JsonBuffer buffer = new JsonBuffer(string.length() + 2);
    JsonString.append(string, buffer);
    return new JsonValue(buffer, 0, buffer.length);
  }

  /** Makes a number value. Beyond 2^53 it is the nearest double, as everywhere in JavaScript. */
  public static JsonValue ofNumber(long number) {
    JsonBuffer buffer = new JsonBuffer(24);
    EcmaNumber.append((double) number, buffer);
    return new JsonValue(buffer, 0, buffer.length);
  }

  public JsonKind kind() {
    return Objects.requireNonNull(JsonKind.of(buffer.bytes[from]));
  }

  /** The number of bytes of {@link #toBytes()}. */
  public int length() {
    return to - from;
  }

  public byte[] toBytes() {
    return Arrays.copyOfRange(buffer.bytes, from, to);
  }

  /**
   * Returns the text of a string value. An unpaired surrogate is unpaired in the Java string as
   * well.
   *
   * @throws IllegalStateException if this is not a string
   */
  public String asString() {
    require(JsonKind.STRING);
    return JsonString.decode(buffer.bytes, from, to);
  }

  /**
   * Returns the members of an object value as a copy, which can be changed without changing this
   * value.
   *
   * @throws IllegalStateException if this is not an object
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
