package io.dromedary.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and checks the values of {@code webhooks.*} keys, which {@link PropertySources} finds. It
 * gathers problems, so that one start tells all of them. Not thread-safe.
 */
final class PropertyReader {

  static final String PREFIX = "webhooks.";

  /** The property that the packaged application sets: in a host there is none. */
  static final String APPLICATION = "dromedary.application";

  private static final Logger LOG = LoggerFactory.getLogger(PropertyReader.class);

  private static final String DESTINATION = PREFIX + "destination.";

  private static final Pattern SEPARATOR = Pattern.compile("(?<!\\\\),");

  /** What an operator may see of a value whose key ends so. */
  private static final Pattern SECRET = Pattern.compile("(^|.*\\.)(secret|password)|headers\\..*");

  private final CamelContext context;
  private final PropertySources sources;
  private final String prefix;
  private final Set<String> known;

  /** The defaults of those keys whose values are a text, a number or a duration. */
  private final Map<String, String> fallbacks;

  /** Each once, however often its key is asked for. */
  private final Set<String> problems;

  PropertyReader(CamelContext context, Map<String, String> environment) {
    this(context, environment, HostProperties.of(context));
  }

  PropertyReader(
      CamelContext context, Map<String, String> environment, @Nullable PropertiesSource host) {
    this.context = context;
    this.sources = new PropertySources(context, environment, host);
    this.prefix = PREFIX;
    this.known = new TreeSet<>();
    this.fallbacks = new TreeMap<>();
    this.problems = new LinkedHashSet<>();
  }

  private PropertyReader(PropertyReader all, String prefix) {
    this.context = all.context;
    this.sources = all.sources;
    this.prefix = prefix;
    this.known = all.known;
    this.fallbacks = all.fallbacks;
    this.problems = all.problems;
  }

  /** The keys of a further destination, by the names that they have for the default one. */
  PropertyReader ofDestination(String name) {
    return new PropertyReader(this, DESTINATION + name + ".");
  }

  /** The keys that begin with a word, by what they are called behind it. */
  PropertyReader below(String word) {
    return new PropertyReader(this, prefix + word + ".");
  }

  /** The key as an operator writes it. */
  String full(String key) {
    return prefix + key;
  }

  /** The further destinations that anything is set for, in the order of their names. */
  Set<String> destinations() {
    return sources.destinations();
  }

  /** The value of a full key with its placeholders resolved, or null where it is not set. */
  @Nullable String raw(String key) {
    known.add(key);
    String value = sources.find(key);
    return value == null ? null : resolve(key, value);
  }

  /** All keys that have been asked for. */
  Set<String> known() {
    return Set.copyOf(known);
  }

  /** The default of a full key, or null where it has none that is one value. */
  @Nullable String fallback(String key) {
    return fallbacks.get(key);
  }

  /** A property as the host itself reads it. */
  @Nullable String ofHost(String key, @Nullable String fallback) {
    return sources.ofHost(key, fallback);
  }

  /** The value of one of these keys, or null where it is not set. */
  @Nullable String value(String key) {
    return raw(prefix + key);
  }

  /** Whether the first source that has this key has nothing for it: most count as not set then. */
  boolean isSetToNothing(String key) {
    return sources.isSetToNothing(prefix + key);
  }

  /** How near to the process a key is set, see {@link PropertySources#distance}. */
  int distance(String key) {
    return sources.distance(prefix + key);
  }

  private @Nullable String resolve(String key, String value) {
    try {
      return Placeholders.resolve(context, value.strip());
    } catch (Placeholders.UnresolvedException e) {
      problems.add(key + ": " + e.getMessage());
      return null;
    }
  }

  String text(String key, String fallback) {
    fallbacks.put(full(key), fallback);
    String value = value(key);
    return value == null ? fallback : value;
  }

  /**
   * A comma-separated list; blanks between commas are a problem, not an element. A comma of an
   * element has a backslash before it.
   */
  List<String> list(String key) {
    String value = value(key);
    if (value == null) {
      return List.of();
    }
    List<String> elements =
        Arrays.stream(SEPARATOR.split(value, -1))
            .map(element -> element.replace("\\,", ",").strip())
            .collect(Collectors.toList());
    if (elements.contains("")) {
      problem(key, "nothing between two commas", "values separated by single commas");
      elements.removeIf(String::isEmpty);
    }
    return List.copyOf(elements);
  }

  Duration duration(String key, Duration fallback, Duration least, Duration most) {
    fallbacks.put(full(key), DurationText.show(fallback));
    String value = value(key);
    if (value == null) {
      return fallback;
    }
    Duration duration = DurationText.parse(value);
    if (duration != null && duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
      return duration;
    }
    problem(
        key,
        value,
        "a duration from "
            + DurationText.show(least)
            + " to "
            + DurationText.show(most)
            + ", such as "
            + DurationText.show(fallback));
    return fallback;
  }

  int integer(String key, int fallback, int least, int most) {
    fallbacks.put(full(key), Integer.toString(fallback));
    String value = value(key);
    if (value == null) {
      return fallback;
    }
    if (value.matches("\\d{1,9}")) {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    }
    problem(key, value, "a whole number from " + least + " to " + most);
    return fallback;
  }

  double decimal(String key, double fallback, double least, double most) {
    fallbacks.put(full(key), Double.toString(fallback));
    String value = value(key);
    if (value == null) {
      return fallback;
    }
    if (value.matches("\\d{1,9}(\\.\\d{1,9})?")) {
      double number = Double.parseDouble(value);
      if (number >= least && number <= most) {
        return number;
      }
    }
    problem(key, value, "a number from " + least + " to " + most);
    return fallback;
  }

  /** The values whose keys begin with a prefix, by the rest of the key in any case. */
  Map<String, String> named(String start) {
    Map<String, String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (PropertySources.Named each : sources.named(prefix + start)) {
      known.add(each.key());
      String value = each.value() == null ? null : resolve(each.key(), each.value());
      if (value != null) {
        values.put(each.rest(), value);
      }
    }
    return values;
  }

  /** Notes a problem with a key, which is named without its prefix. */
  void problem(String key, @Nullable String found, String expected) {
    String shown =
        found == null ? "nothing" : SECRET.matcher(key).matches() ? "a secret value" : quote(found);
    problems.add(prefix + key + ": found " + shown + ", expected " + expected + ".");
  }

  /**
   * Throws what has been gathered, with the keys that nobody asked for. A host may have keys of its
   * own that begin as ours do: there, they are a warning.
   */
  void check() {
    List<String> unknown = sources.unknown(known);
    if (context.getPropertiesComponent().resolveProperty(APPLICATION).isPresent()) {
      problems.addAll(unknown);
      problems.addAll(sources.misspelt(known));
    } else {
      unknown.forEach(
          each -> LOG.warn("{} It is ignored, since it may be one of the host's.", each));
    }
    checkAsked();
  }

  /** Throws what has been gathered of the keys that were asked for. */
  void checkAsked() {
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(List.copyOf(problems));
    }
  }

  private static String quote(String value) {
    return "\"" + (value.length() <= 80 ? value : value.substring(0, 80) + "…") + "\"";
  }
}
