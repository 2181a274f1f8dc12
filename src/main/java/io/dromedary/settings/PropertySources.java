package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/**
 * The sources in which keys may be set, in the order of Camel's placeholders: the environment's
 * {@code X_Y} overrides {@code -Dx.y}, which overrides the properties files. In Spring Boot and
 * Quarkus, their own order applies. Placeholders in values are not resolved.
 *
 * <p>Camel's placeholder resolver is avoided if possible, since Camel Main logs every value that it
 * resolves, and a webhook's URL or header may hold a secret.
 */
final class PropertySources {

  private static final List<String> LOADED =
      List.of(
          PropertyReader.PREFIX, "camel.server.", "server.", "local.server.port", "quarkus.http.");

  private final CamelContext context;
  private final Map<String, String> environment;
  private final Properties loaded;

  /** The properties of a host with an order of its own, or null if Camel's order applies. */
  private final @Nullable PropertiesSource host;

  PropertySources(
      CamelContext context, Map<String, String> environment, @Nullable PropertiesSource host) {
    this.context = context;
    this.environment = environment;
    this.host = host;
    this.loaded =
        context
            .getPropertiesComponent()
            .loadProperties(
                key ->
                    UnknownKeys.hasMark(key)
                        || MisspeltPrefix.isLikely(key)
                        || LOADED.stream().anyMatch(key::startsWith));
  }

  /** The value of a key, or null if it is not set. */
  @Nullable String find(String key) {
    return host == null ? ofCamel(key) : notBlank(host.getProperty(key));
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
      // Some sources of properties cannot list them, and are asked by name only.
      value = notBlank(context.getPropertiesComponent().resolveProperty(key).orElse(null));
    }
    return value;
  }

  /** Returns null for a blank value, so that it does not hide a value in another source. */
  private static @Nullable String notBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /**
   * Returns the value of a property as the host itself reads it. With the order above, a server
   * could seem to listen on loopback although it does not.
   */
  @Nullable String ofHost(String key, @Nullable String fallback) {
    String value = notBlank(loaded.getProperty(key));
    return value == null ? fallback : value.strip();
  }

  /**
   * Returns whether the first source that has a key has an empty value for it. For most keys this
   * is the same as if the key were not set.
   */
  boolean isSetToNothing(String key) {
    String variable = environment.get(UnknownKeys.variable(key));
    String property = System.getProperty(key);
    String own = host == null ? loaded.getProperty(key) : host.getProperty(key);
    // In hosts with an order of their own, system properties come first.
    return Stream.of(host == null ? variable : property, host == null ? property : variable, own)
        .filter(Objects::nonNull)
        .findFirst()
        .filter(String::isBlank)
        .isPresent();
  }

  /**
   * The rank of the source with a key: 0 for the environment, 1 for system properties, 2 for a file
   * or if the key is not set. In a host with an order of its own it is always 2.
   */
  int distance(String key) {
    if (host != null) {
      return 2;
    }
    return notBlank(environment.get(UnknownKeys.variable(key))) != null
        ? 0
        : notBlank(System.getProperty(key)) != null ? 1 : 2;
  }

  /** The names of further destinations that have any key, in alphabetical order. */
  Set<String> destinations() {
    return DestinationNames.of(
        List.of(loaded, System.getProperties()), environment, this::isOfEnvironment);
  }

  /**
   * A value whose key starts with a prefix.
   *
   * @param key the name of the property or variable
   * @param rest the key without the prefix
   * @param value the value, or null if another source decides
   */
  record Named(String key, String rest, @Nullable String value) {}

  /**
   * All values whose keys start with a prefix. Later ones override earlier ones. In the names of
   * environment variables an underscore stands for a hyphen, so {@code WEBHOOKS_HEADERS_X_API_KEY}
   * is the header {@code X-API-KEY}.
   */
  List<Named> named(String start) {
    List<Named> all = new ArrayList<>();
    Set<String> found = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (Properties source : List.of(loaded, System.getProperties())) {
      for (String key : source.stringPropertyNames()) {
        if (key.startsWith(start) && key.length() > start.length() && !isOfEnvironment(key)) {
          String value = host == null ? source.getProperty(key) : find(key);
          Named named = new Named(key, key.substring(start.length()), value);
          all.add(named);
          if (value != null) {
            found.add(named.rest());
          }
        }
      }
    }
    String variables = UnknownKeys.variable(start);
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(variables) && name.length() > variables.length()) {
            String rest = name.substring(variables.length()).replace('_', '-');
            all.add(new Named(name, rest, host == null ? value : null));
            if (host != null && !found.contains(rest)) {
              all.add(new Named(start + rest, rest, find(start + rest)));
            }
          }
        });
    return all;
  }

  /**
   * Returns whether a property is only Quarkus's listing of a variable. Its name has dots in place
   * of hyphens.
   */
  private boolean isOfEnvironment(String key) {
    String name = UnknownKeys.variable(key);
    return environment.containsKey(name)
        && key.equals(name.replace('_', '.').toLowerCase(Locale.ROOT));
  }

  /** The unknown keys with Dromedary's prefix, with a sentence for each. */
  List<String> unknown(Set<String> known) {
    return new UnknownKeys(known).problems(loaded, environment, this::isOfEnvironment);
  }

  /** The keys with a misspelt prefix, with a sentence for each. */
  List<String> misspelt(Set<String> known) {
    return MisspeltPrefix.problems(loaded, environment, known);
  }
}
