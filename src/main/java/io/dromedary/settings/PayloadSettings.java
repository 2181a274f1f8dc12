package io.dromedary.settings;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What operators are shown of the payloads of events.
 *
 * @param shown how much somebody is shown who may change things; others are never shown all
 * @param masked the names of members whose values are masked, in lower case, at any depth; one with
 *     dots is that of a member of a member
 */
public record PayloadSettings(Shown shown, List<String> masked) {

  /** What is masked where nothing is set. */
  public static final List<String> DEFAULT =
      List.of("email", "phone", "password", "token", "secret", "ip", "traits.address");

  private static final String SHOWN = "management.payloads";
  private static final String MASK = "management.mask";
  private static final Pattern NAME = Pattern.compile("[^\\s\"\\\\.]+(\\.[^\\s\"\\\\.]+)*");

  /** How much is shown of a payload. */
  public enum Shown {
    /** Everything. */
    ALL,
    /** All but the values of some members. */
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
