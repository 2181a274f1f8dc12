package io.dromedary.settings;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the names of destinations in the keys that are set for them. */
final class DestinationNames {

  private static final Pattern KEY = Pattern.compile("webhooks\\.destination\\.([^.]*)\\..+");
  private static final Pattern VARIABLE = Pattern.compile("WEBHOOKS_DESTINATION_(.+)_URLS");

  private DestinationNames() {}

  /**
   * The names of further destinations that have any key, in alphabetical order.
   *
   * @param sources properties that may have such keys
   * @param isOfEnvironment whether a property is only a host's listing of an environment variable
   */
  static Set<String> of(
      List<Properties> sources,
      Map<String, String> environment,
      Predicate<String> isOfEnvironment) {
    Set<String> names = new TreeSet<>();
    for (Properties source : sources) {
      for (String key : source.stringPropertyNames()) {
        Matcher matcher = KEY.matcher(key);
        if (matcher.matches() && !isOfEnvironment.test(key)) {
          names.add(matcher.group(1));
        }
      }
    }
    for (String key : environment.keySet()) {
      Matcher matcher = VARIABLE.matcher(key);
      // A file may name the same destination with characters that a variable cannot have.
      if (matcher.matches()
          && names.stream()
              .noneMatch(name -> UnknownKeys.variable(name).equals(matcher.group(1)))) {
        names.add(matcher.group(1).toLowerCase(Locale.ROOT).replace('_', '-'));
      }
    }
    return names;
  }
}
