package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds keys with a misspelt prefix, such as {@code webhook.urls}, and variables that are written
 * like keys. They would silently have no effect, and without {@code webhooks.urls} events go to the
 * request bin. A key counts as misspelt only if it is known apart from its prefix.
 */
final class MisspeltPrefix {

  private static final Pattern KEY = Pattern.compile("(?i)web[_-]?hooks?\\.(.+)");
  private static final Pattern VARIABLE = Pattern.compile("(?i)web[._-]?hooks?[._-](.+)");

  private MisspeltPrefix() {}

  static boolean isLikely(String key) {
    return KEY.matcher(key).matches();
  }

  /** The misspelt keys and variables, with a sentence for each. */
  static List<String> problems(
      Properties loaded, Map<String, String> environment, Set<String> known) {
    List<String> problems = new ArrayList<>();
    addTo(problems, loaded, "", known);
    addTo(problems, System.getProperties(), "-D", known);
    Set<String> variables = new TreeSet<>();
    known.forEach(key -> variables.add(UnknownKeys.variable(key)));
    for (String name : new TreeSet<>(environment.keySet())) {
      Matcher variable = VARIABLE.matcher(name);
      String meant =
          variable.matches()
              ? UnknownKeys.variable(PropertyReader.PREFIX + variable.group(1))
              : name;
      if (!meant.equals(name) && variables.contains(meant)) {
        problems.add(name + ": no such variable; did you mean " + meant + "?");
      }
    }
    return problems;
  }

  private static void addTo(
      List<String> problems, Properties properties, String shown, Set<String> known) {
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      Matcher key = KEY.matcher(name);
      String meant = key.matches() ? PropertyReader.PREFIX + key.group(1) : name;
      if (!meant.equals(name) && known.contains(meant)) {
        problems.add(shown + name + ": no such key; did you mean " + meant + "?");
      }
    }
  }
}
