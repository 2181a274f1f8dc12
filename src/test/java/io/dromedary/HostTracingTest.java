package io.dromedary;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Receiver;
import io.dromedary.testing.Telemetry;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a Camel application with an OpenTelemetry of its own and the routes of Dromedary. */
@Timeout(60)
class HostTracingTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk telemetry = Telemetry.to(exporter);
  private final Main host = new Main();

  @BeforeEach
  void startHost() {
    GlobalOpenTelemetry.resetForTest();
    Map.of(
            "camel.main.routesIncludePattern", "classpath:dromedary/routes/*.camel.yaml",
            "camel.server.enabled", "true",
            "camel.server.host", "127.0.0.1",
            "camel.server.port", Integer.toString(Application.freePort()),
            "webhooks.urls", receiver.url(),
            "webhooks.allow-private", "127.0.0.0/8",
            "webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("outbox.db"),
            "webhooks.tracing", "true",
            "webhooks.tracing.propagate", "true")
        .forEach(host::addOverrideProperty);
    host.configure()
        .addRoutesBuilder(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("direct:orders").to("outbox:default");
              }
            });
    host.start();
  }

  @AfterEach
  void stop() {
    host.stop();
    telemetry.close();
    receiver.close();
    GlobalOpenTelemetry.resetForTest();
  }

  @Test
  void itsSpansAndOursAreOneTrace() throws Exception {
    // The host sets it up after its routes were started, and before the first event.
    GlobalOpenTelemetry.set(telemetry);
    Span order = telemetry.getTracer("shop").spanBuilder("order").startSpan();
    try (Scope scope = order.makeCurrent();
        ProducerTemplate template = host.getCamelContext().createProducerTemplate()) {
      assertThat(scope).isNotSameAs(Scope.noop());
      template.sendBody(
          "direct:orders",
          "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Ordered\",\"messageId\":\"m-1\"}");
    } finally {
      order.end();
    }

    await().atMost(AT_MOST).until(() -> exporter.getFinishedSpanItems().size() == 4);
    Map<String, SpanData> spans =
        exporter.getFinishedSpanItems().stream().collect(toMap(SpanData::getName, identity()));
    assertThat(spans).containsOnlyKeys("order", "send default", "process default", "POST");
    assertThat(spans.values())
        .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(trace(order)));
    assertThat(spans.get("send default").getParentSpanId())
        .isEqualTo(spans.get("order").getSpanId());
    assertThat(spans.get("process default").getParentSpanId())
        .isEqualTo(spans.get("send default").getSpanId());
    assertThat(spans.get("POST").getParentSpanId())
        .isEqualTo(spans.get("process default").getSpanId());
    assertThat(receiver.requests().get(0).header("traceparent"))
        .isEqualTo(
            "00-%s-%s-%s"
                .formatted(
                    trace(order),
                    spans.get("POST").getSpanId(),
                    order.getSpanContext().getTraceFlags().asHex()));
  }

  private static String trace(Span span) {
    return span.getSpanContext().getTraceId();
  }
}
