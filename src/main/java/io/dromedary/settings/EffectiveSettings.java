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
 * The settings that a context has been started with, and where each came from, as they may be
 * shown: of a secret its fingerprint, of a URL its origin, and of what nobody knows to be harmless
 * only that it is set. Immutable.
 */
public final class EffectiveSettings {

  /**
   * A setting.
   *
   * @param value what may be shown of it; empty: it is not set and has no default that is one value
   * @param source where it came from; null: it is the default
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

  /** The settings of a context, once they have been read. */
  public static EffectiveSettings of(CamelContext context) {
    EffectiveSettings settings =
        context.getCamelContextExtension().getContextPlugin(EffectiveSettings.class);
    return settings == null ? new EffectiveSettings(List.of()) : settings;
  }

  /** All settings, by their keys. */
  public List<Entry> entries() {
    return entries;
  }

  /** Keeps what has been read for those who look. */
  static void keep(
      CamelContext context,
      PropertyReader keys,
      Map<String, String> environment,
      OutboxSettings outbox) {
    boolean isHost = HostProperties.of(context) != null;
    Map<String, Entry> entries = new TreeMap<>();
    // The settings themselves are right by now: nothing is said of them a second time.
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

  /** Where the value of a key is from. */
  private static String source(
      String key, String value, Map<String, String> environment, boolean isHost) {
    String variable = environment.get(UnknownKeys.variable(key));
    String property = System.getProperty(key);
    if (isHost) {
      // It has an order of its own: what is the same as the value has been taken.
      return value.equals(property) ? "-D" : value.equals(variable) ? "environment" : "the host";
    }
    if (variable != null && !variable.isBlank()) {
      return "environment";
    }
    return property != null && !property.isBlank() ? "-D" : "application.properties";
  }

  private static String shown(String key, String value, PropertyReader keys) {
    if (SECRETS.matcher(key).matches()) {
      // A comma within a secret has a backslash before it.
      return Arrays.stream(value.split("(?<!\\\\),", -1))
          .map(each -> each.replace("\\,", ",").strip())
          .map(each -> "fingerprint " + SecretFingerprint.of(each))
          .collect(Collectors.joining(", "));
    }
    if (ADDRESSES.matcher(key).matches()) {
      return Arrays.stream(value.split("(?<!\\\\),", -1))
          .map(each -> Settings.beginning(each.strip()))
          .collect(Collectors.joining(", "));
    }
    // What has been read as a number or a duration is none of anybody's secrets.
    boolean isPlain = PLAIN.matcher(key).matches() || keys.fallback(key) != null;
    return isPlain && !key.contains(".headers.") && !key.contains(".http.") ? value : SET;
  }
}
