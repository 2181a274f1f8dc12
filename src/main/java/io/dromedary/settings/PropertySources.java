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
 * The places that keys may be set in, in the order of Camel's placeholders: the environment's
 * {@code X_Y} beats {@code -Dx.y} beats the properties files. Spring Boot and Quarkus have orders
 * of their own, which hold there. Values keep their placeholders.
 *
 * <p>Keys are not looked up one by one through Camel's placeholder resolver where that can be
 * avoided: Camel Main logs every value so resolved, and a webhook's URL or header may hold a
 * secret.
 */
final class PropertySources {

  private static final List<String> LOADED =
      List.of(
          PropertyReader.PREFIX,
          "camel.server.",
          "server.",
          "local.server.port",
          "quarkus.http.");

  private final CamelContext context;
  private final Map<String, String> environment;
  private final Properties loaded;

  /** The properties of a host with an order of its own; null: Camel's order holds. */
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
      // A source of properties may only be asked for them by name.
      value = notBlank(context.getPropertiesComponent().resolveProperty(key).orElse(null));
    }
    return value;
  }

  /** A variable that is set to nothing must not hide a secret that is set elsewhere. */
  private static @Nullable String notBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /**
   * Returns a property as the host itself reads it. By the order above, a server could be taken to
   * listen on loopback that does not.
   */
  @Nullable String ofHost(String key, @Nullable String fallback) {
    String value = notBlank(loaded.getProperty(key));
    return value == null ? fallback : value.strip();
  }

  /** Whether the first source that has a key has nothing for it: most count as not set then. */
  boolean isSetToNothing(String key) {
    String variable = environment.get(UnknownKeys.variable(key));
    String property = System.getProperty(key);
    String own = host == null ? loaded.getProperty(key) : host.getProperty(key);
    // Hosts with an order of their own take properties first.
    return Stream.of(host == null ? variable : property, host == null ? property : variable, own)
        .filter(Objects::nonNull)
        .findFirst()
        .filter(String::isBlank)
        .isPresent();
  }

  /**
   * How near to the process a key is set: 0 in its environment, 1 as a system property, 2 in a file
   * or not at all. In a host with an order of its own it is always 2.
   */
  int distance(String key) {
    if (host != null) {
      return 2;
    }
    return notBlank(environment.get(UnknownKeys.variable(key))) != null
        ? 0
        : notBlank(System.getProperty(key)) != null ? 1 : 2;
  }

  /** The further destinations that anything is set for, in the order of their names. */
  Set<String> destinations() {
    return DestinationNames.of(
        List.of(loaded, System.getProperties()), environment, this::isOfEnvironment);
  }

  /**
   * A value whose key begins in a certain way.
   *
   * @param key the property or variable that it was found by
   * @param rest the key behind its beginning
   * @param value null if another source decides
   */
  record Named(String key, String rest, @Nullable String value) {}

  /**
   * All values whose keys begin in a certain way; a later one replaces an earlier one. In the
   * environment's names an underscore stands for a hyphen: {@code WEBHOOKS_HEADERS_X_API_KEY} is
   * {@code X-API-KEY}.
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

  /** Quarkus lists a variable as a property too, with a dot where there may have been a hyphen. */
  private boolean isOfEnvironment(String key) {
    String name = UnknownKeys.variable(key);
    return environment.containsKey(name)
        && key.equals(name.replace('_', '.').toLowerCase(Locale.ROOT));
  }

  /** The keys that begin as ours and that nobody has asked for, a sentence each. */
  List<String> unknown(Set<String> known) {
    return new UnknownKeys(known).problems(loaded, environment, this::isOfEnvironment);
  }

  /** The keys whose beginning is misspelt, a sentence each. */
  List<String> misspelt(Set<String> known) {
    return MisspeltPrefix.problems(loaded, environment, known);
  }
}
