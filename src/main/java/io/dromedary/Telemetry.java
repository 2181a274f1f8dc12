package io.dromedary;

import io.dromedary.settings.InvalidSettingsException;
import io.dromedary.settings.TracingSettings;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Sets OpenTelemetry up by its standard settings, {@code OTEL_*}, if {@code webhooks.tracing} is
 * on. A host does so itself; the packaged application has no other that would.
 */
final class Telemetry extends MainListenerSupport {

  /** What holds where the user has set nothing else. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.service.name", "dromedary",
          // Only traces: metrics are scraped.
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none",
          // By the JVM's own HTTP client, which speaks no gRPC.
          "otel.exporter.otlp.protocol", "http/protobuf");

  private static final long FLUSH_SECONDS = 10;

  @Override
  public void beforeConfigure(BaseMainSupport main) {
    if (isOn(main.getCamelContext())) {
      Sdk.start(main.getCamelContext());
    }
  }

  private static boolean isOn(CamelContext context) {
    try {
      return TracingSettings.of(context).isOn();
    } catch (InvalidSettingsException e) {
      // The start ends a little later, with what is wrong in all settings.
      return false;
    }
  }

  /** Not loaded where nothing is traced. */
  private static final class Sdk {

    static void start(CamelContext context) {
      if (!context.getRegistry().findByType(OpenTelemetry.class).isEmpty()) {
        // That of a route file.
        return;
      }
      OpenTelemetrySdk sdk;
      try {
        sdk =
            AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> DEFAULTS)
                // It would be gone while the last events are still delivered.
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk();
      } catch (RuntimeException e) {
        throw new IllegalStateException(
            "OpenTelemetry cannot be set up (webhooks.tracing): " + e.getMessage(), e);
      }
      context.getRegistry().bind("dromedary-telemetry", OpenTelemetry.class, sdk);
      context.addLifecycleStrategy(
          new LifecycleStrategySupport() {
            /** The spans of the last events are sent before the process ends. */
            @Override
            public void onContextStopped(CamelContext stopped) {
              sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
            }
          });
    }
  }
}
