package io.dromedary.app;

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
 * Sets up OpenTelemetry from its standard settings, {@code OTEL_*}, if {@code webhooks.tracing} is
 * on. Only for the packaged application; a host sets up its own.
 */
final class Telemetry extends MainListenerSupport {

  /** The defaults, which the user's settings override. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.service.name", "dromedary",
          // Only traces are exported. Metrics are scraped.
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none",
          // The exporter uses the JVM's HTTP client, which does not speak gRPC.
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
      // The start fails a little later, with a message about all wrong settings.
      return false;
    }
  }

  /** A class of its own, so that OpenTelemetry's SDK is loaded only if tracing is on. */
  private static final class Sdk {

    static void start(CamelContext context) {
      if (!context.getRegistry().findByType(OpenTelemetry.class).isEmpty()) {
        // A route file has set one up.
        return;
      }
      OpenTelemetrySdk sdk;
      try {
        sdk =
            AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> DEFAULTS)
                // The hook would shut it down while the last events are still being delivered.
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
            /** Sends the spans of the last events before the process ends. */
            @Override
            public void onContextStopped(CamelContext stopped) {
              sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
            }
          });
    }
  }
}
