package io.dromedary.logging;

import java.util.regex.Pattern;

/** Makes untrusted text safe for the log, so that it cannot end a line or forge another one. */
public final class Printable {

  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cf}\u2028\u2029]");

  private Printable() {}

  /**
   * Replaces line breaks and other control characters, which could also control a terminal.
   *
   * @param most the most characters of the text that are kept
   */
  public static String of(String text, int most) {
    String cut = text.length() <= most ? text : text.substring(0, most) + "…";
    return UNPRINTABLE.matcher(cut).replaceAll("\uFFFD");
  }

  /** A message id, which may have been chosen by the sender, made safe for the log. */
  public static String id(String messageId) {
    return of(messageId, 100);
  }
}
