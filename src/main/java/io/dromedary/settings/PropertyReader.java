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
 * collects problems, so that a single start reports all of them. Not thread-safe.
 */
final class PropertyReader {

  static final String PREFIX = "webhooks.";

  /** The property that the packaged application sets, and a host does not. */
  static final String APPLICATION = "dromedary.application";

  private static final Logger LOG = LoggerFactory.getLogger(PropertyReader.class);

  private static final String DESTINATION = PREFIX + "destination.";

  private static final Pattern SEPARATOR = Pattern.compile("(?<!\\\\),");

  /** Keys, without their prefix, whose values must not be shown. */
  private static final Pattern SECRET = Pattern.compile("(^|.*\\.)(secret|password)|headers\\..*");

  private final CamelContext context;
  private final PropertySources sources;
  private final String prefix;
  private final Set<String> known;

  /** The defaults of keys whose values are a text, a number or a duration. */
  private final Map<String, String> fallbacks;

  /** The problems. Each is kept once, even if its key is read several times. */
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

  /** Returns a reader of a further destination's keys, with the names of the default one's keys. */
  PropertyReader ofDestination(String name) {
    return new PropertyReader(this, DESTINATION + name + ".");
  }

  /** Returns a reader of the keys below a word, with their names behind it. */
  PropertyReader below(String word) {
    return new PropertyReader(this, prefix + word + ".");
  }

  /** The full key, as an operator writes it. */
  String full(String key) {
    return prefix + key;
  }

  /** The names of further destinations that have any key, in alphabetical order. */
  Set<String> destinations() {
    return sources.destinations();
  }

  /** The value of a full key with its placeholders resolved, or null if it is not set. */
  @Nullable String raw(String key) {
    known.add(key);
    String value = sources.find(key);
    return value == null ? null : resolve(key, value);
  }

  /** All full keys that have been read. */
  Set<String> known() {
    return Set.copyOf(known);
  }

  /** The default of a full key, or null if it has no single value as its default. */
  @Nullable String fallback(String key) {
    return fallbacks.get(key);
  }

  /** The value of a property as the host itself reads it. */
  @Nullable String ofHost(String key, @Nullable String fallback) {
    return sources.ofHost(key, fallback);
  }

  /** The value of a key with its placeholders resolved, or null if it is not set. */
  @Nullable String value(String key) {
    return raw(prefix + key);
  }

  /** Returns whether a key is set to an empty value, see {@link PropertySources#isSetToNothing}. */
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
   * The elements of a comma-separated list. An empty element is a problem. A comma within an
   * element is escaped by a backslash.
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

  /**
   * The values whose keys start with a prefix, by the rest of the key, which is found in any case.
   */
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

  /**
   * Adds a problem.
   *
   * @param key the key without its prefix
   * @param found the wrong value, or null if there is none. The values of secrets are not shown.
   */
  void problem(String key, @Nullable String found, String expected) {
    String shown =
        found == null ? "nothing" : SECRET.matcher(key).matches() ? "a secret value" : quote(found);
    problems.add(prefix + key + ": found " + shown + ", expected " + expected + ".");
  }

  /**
   * Throws if there are problems or unknown keys. In a host, unknown keys are only a warning, since
   * it may have keys of its own with the same prefix.
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

  /** Throws if there are problems with the keys that have been read. */
  void checkAsked() {
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(List.copyOf(problems));
    }
  }

  private static String quote(String value) {
    return "\"" + (value.length() <= 80 ? value : value.substring(0, 80) + "…") + "\"";
  }
}
