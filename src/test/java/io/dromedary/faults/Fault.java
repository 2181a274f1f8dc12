package io.dromedary.faults;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A call that fails.
 *
 * @param site which call it is, as {@link Faults#at} names it
 * @param occurrence which of the calls there, from 1
 */
record Fault(String site, int occurrence, FaultKind kind) {

  private static final Pattern TEXT = Pattern.compile("(.+) #(\\d+) ([A-Z]+)");

  /** The fault that {@link #toString} has told. */
  static Fault of(String text) {
    Matcher parts = TEXT.matcher(text.strip());
    if (!parts.matches()) {
      throw new IllegalArgumentException("expected SITE #OCCURRENCE KIND, found " + text);
    }
    return new Fault(
        parts.group(1), Integer.parseInt(parts.group(2)), FaultKind.valueOf(parts.group(3)));
  }

  @Override
  public String toString() {
    return site + " #" + occurrence + " " + kind;
  }
}
