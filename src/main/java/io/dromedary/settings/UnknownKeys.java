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
 * Finds keys that nobody has asked for: in files, among system properties and in the environment. A
 * misspelt key would otherwise have no effect, and nobody would be told.
 */
final class UnknownKeys {

  private static final String VARIABLES = "WEBHOOKS_";

  /** A file that an editor has marked as UTF-8 begins so, and with it the first key. */
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Kubernetes sets these for a service of that name, and Docker's links did. */
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
   * Keys that were asked for.
   *
   * @param known whole keys, and those variables that no key tells
   */
  UnknownKeys(Set<String> known) {
    this.known = known;
    known.forEach(key -> byVariable.put(variable(key), key));
  }

  /** The name of a key in the environment. */
  static String variable(String key) {
    return key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** Whether a key of a file begins with a mark that is not of it. */
  static boolean hasMark(String key) {
    return key.startsWith(BYTE_ORDER_MARK) && key.length() > 1;
  }

  /**
   * What is wrong with the unknown ones, a sentence each.
   *
   * @param isOfEnvironment whether a host lists a variable as this property
   */
  List<String> problems(
      Properties loaded, Map<String, String> environment, Predicate<String> isOfEnvironment) {
    Map<String, String> problems = new TreeMap<>();
    for (String key : new TreeSet<>(loaded.stringPropertyNames())) {
      if (hasMark(key)) {
        if (key.charAt(1) == '#' || key.charAt(1) == '!') {
          // It was to be a comment.
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
        // A host may list it as a property, too.
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
      return ofAll + " is one for all destinations.";
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
        // Where its name ends can only be told by what comes behind it.
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
