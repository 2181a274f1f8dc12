package io.dromedary.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a context was started with and the source of each, in a form that may be shown.
 * A secret is shown as its fingerprint and a URL as its origin. For a value that may be a secret,
 * only the fact that it is set is shown. Immutable.
 */
public final class EffectiveSettings {

  /**
   * A setting.
   *
   * @param value the value as it may be shown; empty if it is not set and its default is empty
   * @param source where it is set, or null if this is the default
   */
  public record Entry(String key, String value, @Nullable String source) {}

  private static final String SET = "set";

  /** The last parts of keys whose values may be shown as they are. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "(.*\\.)?(path|acks|events|rate|concurrency|wrap|h2c|auth|scheme|user-agent|origins"
              + "|allow-private|detection|history|successes|log|tracing|propagate|mask|payloads"
              + "|protocols|cipher-suites|secret\\.file|host|port|key-store|trust-store)");

  /** The last parts of keys whose values are URLs or endpoints, or lists of them. */
  private static final Pattern ADDRESSES =
      Pattern.compile("(.*\\.)?(urls|inbound(\\.[^.]+)?|transform|dead-letter|alert|public-url)");

  private static final Pattern SECRETS = Pattern.compile("(.*\\.)?secret");

  private final List<Entry> entries;

  private EffectiveSettings(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** The settings of a context; none if they have not been read yet. */
  public static EffectiveSettings of(CamelContext context) {
    EffectiveSettings settings =
        context.getCamelContextExtension().getContextPlugin(EffectiveSettings.class);
    return settings == null ? new EffectiveSettings(List.of()) : settings;
  }

  /** All settings, sorted by their keys. */
  public List<Entry> entries() {
    return entries;
  }

  /** Keeps the settings that have been read, with the context. */
  static void keep(
      CamelContext context,
      PropertyReader keys,
      Map<String, String> environment,
      OutboxSettings outbox) {
    boolean isHost = HostProperties.of(context) != null;
    Map<String, Entry> entries = new TreeMap<>();
    // The settings have been checked, so reading them again reports no problem a second time.
    for (String key : keys.known()) {
      String value =
          key.startsWith(PropertyReader.PREFIX) || key.startsWith("camel.server.")
              ? keys.raw(key)
              : null;
      if (value != null) {
        String shown = key.equals("webhooks.outbox.url") ? outbox.shown() : shown(key, value, keys);
        entries.put(key, new Entry(key, shown, source(key, value, environment, isHost)));
      } else if (keys.fallback(key) != null) {
        entries.put(key, new Entry(key, String.valueOf(keys.fallback(key)), null));
      }
    }
    context
        .getCamelContextExtension()
        .addContextPlugin(
            EffectiveSettings.class, new EffectiveSettings(new ArrayList<>(entries.values())));
  }

  /** The source of the value of a key. */
  private static String source(
      String key, String value, Map<String, String> environment, boolean isHost) {
    String variable = environment.get(UnknownKeys.variable(key));
    String property = System.getProperty(key);
    if (isHost) {
      // A host has its own order of sources, so the source is one that has the same value.
      return value.equals(property) ? "-D" : value.equals(variable) ? "environment" : "the host";
    }
    if (variable != null && !variable.isBlank()) {
      return "environment";
    }
    return property != null && !property.isBlank() ? "-D" : "application.properties";
  }

  private static String shown(String key, String value, PropertyReader keys) {
    if (SECRETS.matcher(key).matches()) {
      // A comma within a secret is escaped by a backslash.
      return Arrays.stream(value.split("(?<!\\\\),", -1))
          .map(each -> each.replace("\\,", ",").strip())
          .map(each -> "fingerprint " + SecretFingerprint.of(each))
          .collect(Collectors.joining(", "));
    }
    if (ADDRESSES.matcher(key).matches()) {
      return Arrays.stream(value.split("(?<!\\\\),", -1))
          .map(each -> EndpointUri.beginning(each.strip()))
          .collect(Collectors.joining(", "));
    }
    // Keys with a default, such as numbers and durations, are not secrets.
    boolean isPlain = PLAIN.matcher(key).matches() || keys.fallback(key) != null;
    return isPlain && !key.contains(".headers.") && !key.contains(".http.") ? value : SET;
  }
}
