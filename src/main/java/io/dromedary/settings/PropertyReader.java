package io.dromedary.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code webhooks.*} keys as Camel's placeholders would: the environment's {@code X_Y} beats
 * {@code -Dx.y} beats the properties files. Spring Boot and Quarkus have orders of their own, which
 * hold there. Problems are gathered, so that one start tells all of them.
 *
 * <p>Keys are not looked up one by one through Camel's placeholder resolver where that can be
 * avoided: Camel Main logs every value so resolved, and a webhook's URL or header may hold a
 * secret.
 */
final class PropertyReader {

  static final String PREFIX = "webhooks.";

  /** The property that the packaged application sets: in a host there is none. */
  static final String APPLICATION = "dromedary.application";

  private static final Logger LOG = LoggerFactory.getLogger(PropertyReader.class);

  private static final List<String> LOADED =
      List.of(PREFIX, "camel.server.", "server.", "local.server.port", "quarkus.http.");

  private static final String DESTINATION = PREFIX + "destination.";

  private static final Pattern SEPARATOR = Pattern.compile("(?<!\\\\),");

  /** What an operator may see of a value whose key ends so. */
  private static final Pattern SECRET = Pattern.compile("(^|.*\\.)(secret|password)|headers\\..*");

  private final CamelContext context;
  private final Map<String, String> environment;
  private final Properties loaded;

  /** The properties of a host with an order of its own; null: Camel's order holds. */
  private final @Nullable PropertiesSource host;

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
    this.host = host;
    this.environment = environment;
    this.loaded =
        context
            .getPropertiesComponent()
            .loadProperties(
                key ->
                    UnknownKeys.hasMark(key)
                        || MisspeltPrefix.isLikely(key)
                        || LOADED.stream().anyMatch(key::startsWith));
    this.prefix = PREFIX;
    this.known = new TreeSet<>();
    this.fallbacks = new TreeMap<>();
    this.problems = new LinkedHashSet<>();
  }

  private PropertyReader(PropertyReader all, String prefix) {
    this.context = all.context;
    this.environment = all.environment;
    this.loaded = all.loaded;
    this.host = all.host;
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
    return DestinationNames.of(
        List.of(loaded, System.getProperties()), environment, this::isOfEnvironment);
  }

  /** The value of a full key with its placeholders resolved, or null where it is not set. */
  @Nullable String raw(String key) {
    known.add(key);
    String value = host == null ? ofCamel(key) : notBlank(host.getProperty(key));
    return value == null ? null : resolve(key, value);
  }

  private @Nullable String ofCamel(String key) {
    String value = notBlank(environment.get(UnknownKeys.variable(key)));
    if (value == null) {
      value = notBlank(System.getProperty(key));
    }
    if (value == null) {
      value = notBlank(loaded.getProperty(key));
    }
    if (value == null) {
      // A source of properties may only be asked for them by name.
      value = notBlank(context.getPropertiesComponent().resolveProperty(key).orElse(null));
    }
    return value;
  }

  /** All keys that have been asked for. */
  Set<String> known() {
    return Set.copyOf(known);
  }

  /** The default of a full key, or null where it has none that is one value. */
  @Nullable String fallback(String key) {
    return fallbacks.get(key);
  }

  /**
   * A property of the host as the host itself reads it: not by the order above, by which a server
   * could be taken to listen on loopback that does not.
   */
  @Nullable String ofHost(String key, @Nullable String fallback) {
    String value = notBlank(loaded.getProperty(key));
    return value == null ? fallback : value.strip();
  }

  /** The value of one of these keys, or null where it is not set. */
  @Nullable String value(String key) {
    return raw(prefix + key);
  }

  /** A variable that is set to nothing must not hide a secret that is set elsewhere. */
  private static @Nullable String notBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /** Whether the first source that has this key has nothing for it: most count as not set then. */
  boolean isSetToNothing(String key) {
    String full = prefix + key;
    String variable = environment.get(UnknownKeys.variable(full));
    String property = System.getProperty(full);
    String own = host == null ? loaded.getProperty(full) : host.getProperty(full);
    // Hosts with an order of their own take properties first.
    return Stream.of(host == null ? variable : property, host == null ? property : variable, own)
        .filter(Objects::nonNull)
        .findFirst()
        .filter(String::isBlank)
        .isPresent();
  }

  /**
   * How near to the process a key is set: 0 in its environment, 1 as a system property, 2 in a file
   * or in none. In a host whose order is its own all are as near.
   */
  int distance(String key) {
    String full = prefix + key;
    if (host != null) {
      return 2;
    }
    return notBlank(environment.get(UnknownKeys.variable(full))) != null
        ? 0
        : notBlank(System.getProperty(full)) != null ? 1 : 2;
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
    fallbacks.put(full(key), Settings.show(fallback));
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
            + Settings.show(least)
            + " to "
            + Settings.show(most)
            + ", such as "
            + Settings.show(fallback));
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
   * The values whose keys start with the prefix, by the rest of the key. In the environment's names
   * an underscore stands for a hyphen: {@code WEBHOOKS_HEADERS_X_API_KEY} is {@code X-API-KEY}.
   */
  Map<String, String> named(String start) {
    Map<String, String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    String full = prefix + start;
    for (Properties source : List.of(loaded, System.getProperties())) {
      for (String key : source.stringPropertyNames()) {
        if (key.startsWith(full) && key.length() > full.length() && !isOfEnvironment(key)) {
          known.add(key);
          String value = host == null ? resolve(key, source.getProperty(key)) : raw(key);
          put(values, key.substring(full.length()), value);
        }
      }
    }
    String name = UnknownKeys.variable(full);
    environment.forEach(
        (key, value) -> {
          if (key.startsWith(name) && key.length() > name.length()) {
            known.add(key);
            String rest = key.substring(name.length()).replace('_', '-');
            if (host == null) {
              put(values, rest, resolve(key, value));
            } else if (!values.containsKey(rest)) {
              put(values, rest, raw(full + rest));
            }
          }
        });
    return values;
  }

  /** Quarkus lists a variable as a property too, with a dot where there may have been a hyphen. */
  private boolean isOfEnvironment(String key) {
    String name = UnknownKeys.variable(key);
    return environment.containsKey(name)
        && key.equals(name.replace('_', '.').toLowerCase(Locale.ROOT));
  }

  private static void put(Map<String, String> values, String name, @Nullable String value) {
    if (value != null) {
      values.put(name, value);
    }
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
    List<String> unknown =
        new UnknownKeys(known).problems(loaded, environment, this::isOfEnvironment);
    if (context.getPropertiesComponent().resolveProperty(APPLICATION).isPresent()) {
      problems.addAll(unknown);
      problems.addAll(MisspeltPrefix.problems(loaded, environment, known));
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
