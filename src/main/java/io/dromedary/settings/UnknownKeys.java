package io.dromedary.settings;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds unknown keys in files, system properties and the environment. A misspelt key would
 * otherwise silently have no effect.
 */
final class UnknownKeys {

  private static final String VARIABLES = "WEBHOOKS_";

  /** Some editors put it at the start of a file in UTF-8. It becomes part of the first key. */
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Variables that Kubernetes, and Docker's links, set for a service named webhooks. */
  private static final Pattern OF_A_SERVICE =
      Pattern.compile(
          "WEBHOOKS(_\\w+)?_(SERVICE_HOST|SERVICE_PORT(_\\w+)?|NAME|ENV_\\w+"
              + "|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

  private static final String LISTED = "the settings are listed in docs/settings.md.";
  private static final String DESTINATION = VARIABLES + "DESTINATION_";

  private static final Pattern OF_DESTINATION =
      Pattern.compile("webhooks\\.destination\\.[^.]*\\.(.+)");

  private final Set<String> known;

  /** The known keys by the names that they have in the environment. */
  private final Map<String, String> byVariable = new HashMap<>();

  /**
   * Makes a finder.
   *
   * @param known the known keys, and the known variables that belong to no key
   */
  UnknownKeys(Set<String> known) {
    this.known = known;
    known.forEach(key -> byVariable.put(variable(key), key));
  }

  /** The name of a key in the environment. */
  static String variable(String key) {
    return key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** Returns whether a key starts with a byte order mark. */
  static boolean hasMark(String key) {
    return key.startsWith(BYTE_ORDER_MARK) && key.length() > 1;
  }

  /**
   * The unknown keys, with a sentence for each.
   *
   * @param isOfEnvironment whether a property is only a host's listing of an environment variable
   */
  List<String> problems(
      Properties loaded, Map<String, String> environment, Predicate<String> isOfEnvironment) {
    Map<String, String> problems = new TreeMap<>();
    for (String key : new TreeSet<>(loaded.stringPropertyNames())) {
      if (hasMark(key)) {
        if (key.charAt(1) == '#' || key.charAt(1) == '!') {
          // The line is a comment behind the mark.
          continue;
        }
        problems.put(
            key, shown(key.substring(1)) + ": no such key, since a byte order mark is before it.");
      } else if (key.startsWith(PropertyReader.PREFIX)
          && !known.contains(key)
          && !isOfEnvironment.test(key)) {
        problems.put(key, shown(key) + ": no such key; " + advice(key));
      }
    }
    for (String key : System.getProperties().stringPropertyNames()) {
      if (key.startsWith(PropertyReader.PREFIX) && !known.contains(key)) {
        // Replaces the same problem from a host that lists system properties as its own.
        problems.put(key, "-D" + shown(key) + ": no such key; " + advice(key));
      }
    }
    List<String> all = new ArrayList<>(problems.values());
    for (String name : new TreeSet<>(environment.keySet())) {
      if (name.startsWith(VARIABLES)
          && !byVariable.containsKey(name)
          && !OF_A_SERVICE.matcher(name).matches()) {
        all.add(shown(name) + ": no such variable; " + adviceOnVariable(name));
      }
    }
    return all;
  }

  private static String shown(String key) {
    return key.length() <= 200 ? key : key.substring(0, 200) + "…";
  }

  private String advice(String key) {
    Matcher matcher = OF_DESTINATION.matcher(key);
    String ofAll = matcher.matches() ? PropertyReader.PREFIX + matcher.group(1) : "";
    if (known.contains(ofAll)) {
      return ofAll + " applies to all destinations.";
    }
    return meant(
        key,
        known.stream().filter(each -> each.startsWith(PropertyReader.PREFIX)).collect(toSet()));
  }

  private String adviceOnVariable(String name) {
    Set<String> ours =
        byVariable.keySet().stream().filter(each -> each.startsWith(VARIABLES)).collect(toSet());
    Set<String> candidates = new TreeSet<>(ours);
    for (String candidate : ours) {
      if (!candidate.startsWith(DESTINATION)) {
        String rest = candidate.substring(VARIABLES.length());
        // The destination's name may contain underscores. Only the known key behind it shows where
        // the name ends.
        if (name.startsWith(DESTINATION) && name.endsWith("_" + rest)) {
          String destination = name.substring(0, name.length() - rest.length());
          return "a destination needs its URLs, in " + destination + "URLS.";
        }
        for (int end = name.indexOf('_', DESTINATION.length());
            name.startsWith(DESTINATION) && end > 0 && name.length() <= Spelling.LONGEST;
            end = name.indexOf('_', end + 1)) {
          candidates.add(name.substring(0, end + 1) + rest);
        }
      }
    }
    return meant(name, candidates);
  }

  private static String meant(String key, Set<String> candidates) {
    List<String> meant = Spelling.closest(key, candidates);
    if (meant.isEmpty()) {
      return LISTED;
    }
    int last = meant.size() - 1;
    String before = String.join(", ", meant.subList(0, last));
    return "did you mean " + (before.isEmpty() ? "" : before + " or ") + meant.get(last) + "?";
  }
}
