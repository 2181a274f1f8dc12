package io.dromedary.testing;

/** JSON in Java source, legibly. */
public final class Json {

  private Json() {}

  /** The text with double quotes in place of single ones. */
  public static String json(String text) {
    return text.replace('\'', '"');
  }

  /** The text as a JSON string, as Jackson writes it. */
  public static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
