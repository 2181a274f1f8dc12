package io.dromedary.tracing;

import io.dromedary.settings.TracingSettings;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a context is traced. This class does without OpenTelemetry, and whoever uses it
 * does too as long as nothing is traced: no class of that library is loaded then.
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
