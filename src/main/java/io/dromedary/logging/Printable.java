package io.dromedary.logging;

import java.util.regex.Pattern;

/** Text of strangers for a line of the log, which must not end it, or look like another one. */
public final class Printable {

  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cf}\u2028\u2029]");

  private Printable() {}

  /**
   * The text without what would end a line, or make a terminal do something.
   *
   * @param most how many characters of it are shown
   */
  public static String of(String text, int most) {
    String cut = text.length() <= most ? text : text.substring(0, most) + "…";
    return UNPRINTABLE.matcher(cut).replaceAll("\uFFFD");
  }

  /** A message id, which a sender may choose. */
  public static String id(String messageId) {
    return of(messageId, 100);
  }
}
