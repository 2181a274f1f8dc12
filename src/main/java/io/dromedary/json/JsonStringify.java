package io.dromedary.json;

/** Implements {@code JSON.stringify(JSON.parse(text))} for texts in UTF-8. */
public final class JsonStringify {
  private JsonStringify() {}

  /**
   * Rewrites a whole text.
   *
   * @throws InvalidJsonException if {@code JSON.parse} would reject the text, if it has more than
   *     1,000 brackets open at once, or if it is not UTF-8
   */
  public static byte[] stringify(byte[] json) throws InvalidJsonException {
    JsonReader reader = new JsonReader(json);
    JsonValue value = reader.read();
    reader.end();
    return value.toBytes();
  }
}
