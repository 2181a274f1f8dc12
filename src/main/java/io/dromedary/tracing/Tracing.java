package io.dromedary.tracing;

import io.dromedary.settings.TracingSettings;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the spans of a context. This class does not refer to OpenTelemetry, so callers load no
 * class of that library as long as tracing is off.
 */
public final class Tracing {

  private Tracing() {}

  /** The spans of a context, or null if {@code webhooks.tracing} is off. Thread-safe. */
  public static synchronized @Nullable Spans of(CamelContext context) {
    TracingSettings settings = TracingSettings.of(context);
    if (!settings.isOn()) {
      return null;
    }
    Spans spans = context.getCamelContextExtension().getContextPlugin(Spans.class);
    if (spans == null) {
      spans = new Spans(context, settings.propagates());
      context.getCamelContextExtension().addContextPlugin(Spans.class, spans);
    }
    return spans;
  }
}
