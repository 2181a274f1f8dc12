package io.dromedary.http;

/**
 * Who asks for something that not everybody may ask for.
 *
 * @param name what can be said of him in a log: the name that he logged in by, or how he came
 * @param mayChange whether he may change anything; otherwise he is shown masked payloads
 */
public record Caller(String name, boolean mayChange) {

  private static final int MOST_NAME = 50;

  /** A name is short and printable, whoever gives it. */
  public Caller {
    String printable = name.replaceAll("[^\\p{L}\\p{N} ._@+-]", "?");
    name =
        printable.codePointCount(0, printable.length()) <= MOST_NAME
            ? printable
            : printable.substring(0, printable.offsetByCodePoints(0, MOST_NAME)) + "…";
  }
}
