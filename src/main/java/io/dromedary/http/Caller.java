package io.dromedary.http;

/**
 * An authenticated caller of an interface that is not open to everybody.
 *
 * @param name the name for logs: the login name, or the way in which the caller authenticated
 * @param mayChange whether the caller may change anything; if not, payloads are masked
 */
public record Caller(String name, boolean mayChange) {

  private static final int MOST_NAME = 50;

  /** Makes the name printable and short, whatever its source. */
  public Caller {
    String printable = name.replaceAll("[^\\p{L}\\p{N} ._@+-]", "?");
    name =
        printable.codePointCount(0, printable.length()) <= MOST_NAME
            ? printable
            : printable.substring(0, printable.offsetByCodePoints(0, MOST_NAME)) + "…";
  }
}
