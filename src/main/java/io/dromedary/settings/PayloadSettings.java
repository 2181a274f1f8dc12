package io.dromedary.settings;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How much of the events' payloads is shown on the page and by the API.
 *
 * @param shown how much an operator sees; a read-only user never sees a whole payload
 * @param masked the names of fields whose values are masked at any depth, in lower case; dots
 *     separate the names of nested fields
 */
public record PayloadSettings(Shown shown, List<String> masked) {

  /** The fields that are masked by default. */
  public static final List<String> DEFAULT =
      List.of("email", "phone", "password", "token", "secret", "ip", "traits.address");

  private static final String SHOWN = "management.payloads";
  private static final String MASK = "management.mask";
  private static final Pattern NAME = Pattern.compile("[^\\s\"\\\\.]+(\\.[^\\s\"\\\\.]+)*");

  /** How much of a payload is shown. */
  public enum Shown {
    /** The whole payload. */
    ALL,
    /** The payload without the values of masked fields. */
    MASKED,
    /** Nothing. */
    NONE;

    private final String text = name().toLowerCase(Locale.ROOT);
  }

  static PayloadSettings read(PropertyReader keys) {
    String found = keys.text(SHOWN, Shown.MASKED.text);
    Shown shown =
        Stream.of(Shown.values()).filter(each -> each.text.equals(found)).findFirst().orElse(null);
    if (shown == null) {
      keys.problem(SHOWN, found, "all, masked or none");
    }
    List<String> names = keys.list(MASK);
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        keys.problem(
            MASK, name, "names of members separated by commas, such as email or traits.city");
      }
    }
    return new PayloadSettings(
        shown == null ? Shown.NONE : shown,
        names.isEmpty()
            ? DEFAULT
            : names.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().toList());
  }
}
