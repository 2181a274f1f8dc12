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
 * Finds keys of ours of which the very beginning is misspelt, such as {@code webhook.urls}, and
 * variables that are named as keys. Nobody would be told of them, and without {@code webhooks.urls}
 * events go to the request bin. Only a key that is known behind its first word is one.
 */
final class MisspeltPrefix {

  private static final Pattern KEY = Pattern.compile("(?i)web[_-]?hooks?\\.(.+)");
  private static final Pattern VARIABLE = Pattern.compile("(?i)web[._-]?hooks?[._-](.+)");

  private MisspeltPrefix() {}

  static boolean isLikely(String key) {
    return KEY.matcher(key).matches();
  }

  /** What is wrong, a sentence each. */
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
