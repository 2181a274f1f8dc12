package io.dromedary.spring;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.spi.LoadablePropertiesSource;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * The settings among Spring's properties, by name, since Camel can only ask for them one by one: so
 * that there may be headers of any name, and a misspelt key is told. Values are those that Spring
 * itself would use. Nothing but settings is shown, so that a host finds its own as before.
 */
final class SpringProperties implements LoadablePropertiesSource {

  private static final String PREFIX = "webhooks.";

  /** Where the server listens, which may be told by names that Spring takes for these. */
  private static final List<String> SERVER =
      List.of("server.address", "server.port", "local.server.port", "server.servlet.context-path");

  /** An element of a list in YAML. */
  private static final Pattern ELEMENT = Pattern.compile("(.+)\\[(\\d{1,9})]");

  /** Their names are not written as keys are; the settings are looked up in them anyway. */
  private static final Set<String> OTHER_NAMES =
      Set.of(
          StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
          StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);

  private final ConfigurableEnvironment environment;

  SpringProperties(ConfigurableEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String getName() {
    return "dromedary-spring";
  }

  @Override
  public @Nullable String getProperty(String name) {
    return name.startsWith(PREFIX) ? loadProperties(name::equals).getProperty(name) : null;
  }

  @Override
  public Properties loadProperties() {
    return loadProperties(name -> true);
  }

  @Override
  public Properties loadProperties(Predicate<String> filter) {
    Properties found = new Properties();
    Map<String, TreeMap<Integer, String>> lists = new TreeMap<>();
    for (String name : names()) {
      String value = environment.getProperty(name);
      if (value == null) {
        continue;
      }
      Matcher element = ELEMENT.matcher(name);
      if (element.matches()) {
        lists
            .computeIfAbsent(element.group(1), key -> new TreeMap<>())
            .put(Integer.parseInt(element.group(2)), value);
      } else {
        found.setProperty(name, value);
      }
    }
    lists.forEach((name, values) -> found.setProperty(name, String.join(",", values.values())));
    found.keySet().removeIf(name -> !filter.test((String) name));
    return found;
  }

  private Set<String> names() {
    Set<String> names = new TreeSet<>(SERVER);
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> enumerable
          && !OTHER_NAMES.contains(source.getName())) {
        for (String name : enumerable.getPropertyNames()) {
          if (name.startsWith(PREFIX)) {
            names.add(name);
          }
        }
      }
    }
    return names;
  }

  @Override
  public void reloadProperties(String location) {
    // Asked anew each time.
  }
}
