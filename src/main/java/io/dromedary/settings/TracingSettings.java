package io.dromedary.settings;

import org.apache.camel.CamelContext;

/**
 * Whether events are traced with OpenTelemetry: {@code webhooks.tracing}.
 *
 * @param isOn whether spans are made
 * @param propagates whether requests to webhooks have a {@code traceparent} header
 */
public record TracingSettings(boolean isOn, boolean propagates) {

  private static final String KEY = "tracing";
  private static final String PROPAGATE = "tracing.propagate";
  private static final String LIBRARY = "io.opentelemetry.api.OpenTelemetry";

  /**
   * The settings of a context, also if its routes use the outbox without the rest of Dromedary.
   *
   * @throws InvalidSettingsException naming each of these keys that is wrong
   */
  public static synchronized TracingSettings of(CamelContext context) {
    TracingSettings settings =
        context.getCamelContextExtension().getContextPlugin(TracingSettings.class);
    if (settings == null) {
      PropertyReader keys = new PropertyReader(context, System.getenv());
      settings = read(context, keys);
      keys.checkAsked();
      context.getCamelContextExtension().addContextPlugin(TracingSettings.class, settings);
    }
    return settings;
  }

  static TracingSettings read(CamelContext context, PropertyReader keys) {
    boolean isOn = isTrue(keys, KEY);
    if (isOn && context.getClassResolver().resolveClass(LIBRARY) == null) {
      keys.problem(
          KEY, "true", "io.opentelemetry:opentelemetry-api on the class path beside it, or false");
    }
    return new TracingSettings(isOn, isTrue(keys, PROPAGATE));
  }

  private static boolean isTrue(PropertyReader keys, String key) {
    String found = keys.text(key, "false");
    if (!found.equals("true") && !found.equals("false")) {
      keys.problem(key, found, "true or false");
    }
    return found.equals("true");
  }
}
