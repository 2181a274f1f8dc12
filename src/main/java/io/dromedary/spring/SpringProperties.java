package io.dromedary.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.camel.spi.LoadablePropertiesSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Lists the settings among Spring's properties, which Camel itself can only query one by one. The
 * list is needed for headers of any name and to report misspelt keys. Values are those that Spring
 * itself would use. Only settings are exposed, so that a host resolves its own properties as
 * before.
 */
final class SpringProperties implements LoadablePropertiesSource {

  private static final String PREFIX = "webhooks.";

  /** The address of the server, which other names of properties may set for Spring. */
  private static final List<String> SERVER =
      List.of("server.address", "server.port", "local.server.port", "server.servlet.context-path");

  /** An element of a YAML list. */
  private static final Pattern ELEMENT = Pattern.compile("(.+)\\[\\d{1,9}]");

  /**
   * Their names have another notation, so they are not listed; keys are looked up in them anyway.
   */
  private static final Set<String> OTHER_NAMES =
      Set.of(
          StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
          StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);

  private final ConfigurableEnvironment environment;

  SpringProperties(ConfigurableEnvironment environment) {
    this.environment = environment;
  }

  /** The settings recognise Spring by this name. */
  @Override
  public String getName() {
    return "dromedary-spring";
  }

  @Override
  public @Nullable String getProperty(String name) {
    return name.startsWith(PREFIX) ? value(name) : null;
  }

  /**
   * Returns the first value that is not blank, in the order of Spring's sources. A list, which YAML
   * spreads over several properties, counts as one value of its source.
   */
  private @Nullable String value(String name) {
    for (PropertySource<?> source : environment.getPropertySources()) {
      // Spring's combined view would find a list before a value of an earlier source.
      if (!ConfigurationPropertySources.isAttachedConfigurationPropertySource(source)) {
        String value = value(source, name);
        if (value != null && !value.isBlank()) {
          return value;
        }
      }
    }
    return null;
  }

  private @Nullable String value(PropertySource<?> source, String name) {
    Object value = source.getProperty(name);
    if (value != null) {
      return resolve(name, value);
    }
    List<String> elements = new ArrayList<>();
    for (int i = 0; ; i++) {
      Object element = source.getProperty(name + "[" + i + "]");
      if (element == null) {
        return elements.isEmpty() ? null : String.join(",", elements);
      }
      elements.add(resolve(name, element));
    }
  }

  private String resolve(String name, Object value) {
    try {
      return environment.resolveRequiredPlaceholders(value.toString());
    } catch (IllegalArgumentException e) {
      // The exception's own message would contain the whole value, which may hold a secret.
      throw new IllegalArgumentException(
          name + ": found a ${placeholder} that names no property, expected one that does.");
    }
  }

  @Override
  public Properties loadProperties() {
    return loadProperties(name -> true);
  }

  @Override
  public Properties loadProperties(Predicate<String> filter) {
    Properties found = new Properties();
    for (String name : names()) {
      String value = filter.test(name) ? value(name) : null;
      if (value != null) {
        found.setProperty(name, value);
      }
    }
    return found;
  }

  private Set<String> names() {
    Set<String> names = new TreeSet<>(SERVER);
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> enumerable
          && !OTHER_NAMES.contains(source.getName())) {
        for (String name : enumerable.getPropertyNames()) {
          if (name.startsWith(PREFIX)) {
            names.add(ELEMENT.matcher(name).replaceFirst("$1"));
          }
        }
      }
    }
    return names;
  }

  @Override
  public void reloadProperties(String location) {
    // Properties are looked up anew each time.
  }
}
