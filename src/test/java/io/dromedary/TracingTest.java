package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Telemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.ProducerTemplate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The traces of events, as an operator sees them. */
class TracingTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SENDER = "b7ad6b7169203331";
  private static final String SAMPLED = "00-" + TRACE + "-" + SENDER + "-01";
  private static final String UNSAMPLED = "00-" + TRACE + "-" + SENDER + "-00";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk telemetry = Telemetry.to(exporter);

  @AfterEach
  void close() {
    receiver.close();
    telemetry.close();
  }

  private Application start(String... settings) {
    Map<String, String> all = new HashMap<>();
    all.put("webhooks.urls", receiver.url("/hush"));
    all.put("webhooks.tracing", "true");
    all.put("webhooks.retry.initial-delay", "10ms");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return Application.start(folder, all, Map.of("telemetry", telemetry));
  }

  private static void send(Application application, String id, String... headers) {
    assertThat(
            Http.post(
                    application.url("/v1/track"),
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}",
                    headers)
                .status())
        .isEqualTo(200);
  }

  private List<SpanData> spans(String name) {
    return exporter.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals(name))
        .toList();
  }

  private List<SpanData> await(String name, int count) {
    Awaitility.await().atMost(AT_MOST).untilAsserted(() -> assertThat(spans(name)).hasSize(count));
    return spans(name);
  }

  private static Map<String, Object> attributes(SpanData span) {
    return span.getAttributes().asMap().entrySet().stream()
        .collect(Collectors.toMap(each -> each.getKey().getKey(), Map.Entry::getValue));
  }

  private static String error(SpanData span) {
    return span.getAttributes().get(AttributeKey.stringKey("error.type"));
  }

  private static List<String> links(SpanData span) {
    return span.getLinks().stream()
        .map(LinkData::getSpanContext)
        .map(linked -> linked.getTraceId() + "-" + linked.getSpanId())
        .toList();
  }

  private static String id(SpanData span) {
    return span.getTraceId() + "-" + span.getSpanId();
  }

  @Test
  void anEventIsInTheTraceOfItsSender() {
    try (Application application = start()) {
      send(application, "m-1", "traceparent", SAMPLED);

      SpanData post = await("POST", 1).get(0);
      SpanData process = await("process default", 1).get(0);
      SpanData send = await("send default", 1).get(0);
      assertThat(List.of(send, process, post))
          .allSatisfy(
              span -> {
                assertThat(span.getTraceId()).isEqualTo(TRACE);
                assertThat(span.getLinks()).isEmpty();
                assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
              });
      assertThat(send.getParentSpanId()).isEqualTo(SENDER);
      assertThat(process.getParentSpanId()).isEqualTo(send.getSpanId());
      assertThat(post.getParentSpanId()).isEqualTo(process.getSpanId());
      assertThat(List.of(send.getKind(), process.getKind(), post.getKind()))
          .containsExactly(SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT);
      assertThat(attributes(send)).isEqualTo(messaging("send"));
      assertThat(attributes(process)).isEqualTo(messaging("process"));
      assertThat(attributes(post))
          .isEqualTo(
              Map.of(
                  "messaging.destination.name", "default",
                  "messaging.message.id", "m-1",
                  "http.request.method", "POST",
                  "http.response.status_code", 200L,
                  "server.address", "127.0.0.1",
                  "server.port", (long) receiver.port()));
      assertThat(receiver.requests().get(0).header("traceparent")).isNull();
      assertThat(exporter.getFinishedSpanItems()).hasSize(3);
    }
  }

  private static Map<String, Object> messaging(String operation) {
    return Map.of(
        "messaging.system", "dromedary",
        "messaging.operation.name", operation,
        "messaging.operation.type", operation,
        "messaging.destination.name", "default",
        "messaging.message.id", "m-1");
  }

  @Test
  void aRetryIsATraceOfItsOwnWithLinks() {
    receiver.answerNext(Answer.status(503));
    try (Application application = start()) {
      send(application, "m-1", "traceparent", SAMPLED);

      List<SpanData> posts = await("POST", 2);
      List<SpanData> rounds = await("process default", 2);
      SpanData send = await("send default", 1).get(0);
      assertThat(rounds.get(0).getParentSpanId()).isEqualTo(send.getSpanId());
      assertThat(error(rounds.get(0))).isEqualTo("5xx");
      assertThat(rounds.get(0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(rounds.get(0).getStatus().getDescription())
          .isEqualTo("too few webhooks have accepted");
      assertThat(error(posts.get(0))).isEqualTo("5xx");
      assertThat(posts.get(0).getStatus().getDescription()).isEqualTo("answered 503");
      assertThat(attributes(posts.get(0)))
          .containsEntry("http.response.status_code", 503L)
          .doesNotContainKey("http.request.resend_count");
      assertThat(rounds.get(1).getTraceId()).isNotEqualTo(TRACE);
      assertThat(rounds.get(1).getParentSpanContext().isValid()).isFalse();
      assertThat(links(rounds.get(1))).containsExactly(id(send), id(rounds.get(0)));
      assertThat(posts.get(1).getParentSpanId()).isEqualTo(rounds.get(1).getSpanId());
      assertThat(attributes(posts.get(1))).containsEntry("http.request.resend_count", 1L);
    }
  }

  @Test
  void aRestartDoesNotEndTheStory() {
    receiver.answer(Answer.status(503));
    try (Application application =
        start("webhooks.retry.in-memory", "0s", "webhooks.retry.initial-delay", "1s")) {
      send(application, "m-1", "traceparent", SAMPLED);
      await("process default", 1);
    }
    SpanData send = spans("send default").get(0);
    SpanData last = spans("process default").get(spans("process default").size() - 1);
    int before = spans("process default").size();
    receiver.answer(Answer.status(200));
    try (Application application = start()) {
      SpanData round = await("process default", before + 1).get(before);

      assertThat(round.getTraceId()).isNotEqualTo(TRACE);
      assertThat(links(round)).containsExactly(id(send), id(last));
      assertThat(round.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
      assertThat(application.url("")).isNotEmpty();
    }
  }

  @Test
  void aBatchHasALinkForEachEvent() {
    try (Application application =
        start("webhooks.batch.size", "2", "webhooks.batch.interval", "1m")) {
      send(application, "m-1");
      send(application, "m-2", "traceparent", SAMPLED);

      SpanData round = await("process default", 1).get(0);
      List<SpanData> sent = await("send default", 2);
      assertThat(round.getParentSpanContext().isValid()).isFalse();
      assertThat(links(round)).containsExactlyInAnyOrder(id(sent.get(0)), id(sent.get(1)));
      assertThat(attributes(round))
          .containsEntry("messaging.batch.message_count", 2L)
          .doesNotContainKey("messaging.message.id");
      assertThat(attributes(await("POST", 1).get(0)))
          .containsEntry("messaging.batch.message_count", 2L);
    }
  }

  @Test
  void theEventsOfARequestAreSentToEachDestinationOnce() {
    try (Application application = start("webhooks.destination.crm.urls", receiver.url())) {
      Http.post(
          application.url("/v1/batch"),
          "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"A\"},"
              + "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"B\"}]}",
          "traceparent",
          SAMPLED);

      await("POST", 4);
      for (String destination : List.of("default", "crm")) {
        SpanData send = await("send " + destination, 1).get(0);
        assertThat(send.getParentSpanId()).isEqualTo(SENDER);
        assertThat(attributes(send)).containsEntry("messaging.batch.message_count", 2L);
        assertThat(await("process " + destination, 2))
            .allSatisfy(round -> assertThat(round.getParentSpanId()).isEqualTo(send.getSpanId()));
      }
    }
  }

  @Test
  void aReplayIsLinkedToWhenTheEventWasStored() {
    receiver.answerNext(Answer.status(400));
    try (Application application = start()) {
      send(application, "m-1");
      await("process default", 1);
      Awaitility.await()
          .atMost(AT_MOST)
          .until(
              () ->
                  Http.send("POST", application.url("/dromedary/dead-letters/replay?all=true"))
                      .body()
                      .contains("\"replayed\":1"));

      SpanData round = await("process default", 2).get(1);
      assertThat(links(round)).containsExactly(id(spans("send default").get(0)));
    }
  }

  @Test
  void whatIsNotSampledIsNotSeen() {
    try (Application application = start()) {
      send(application, "m-1", "traceparent", UNSAMPLED);
      send(application, "m-2", "traceparent", SAMPLED);
      await("POST", 1);
      Awaitility.await().atMost(AT_MOST).until(() -> receiver.count() == 2);
    }
    assertThat(exporter.getFinishedSpanItems())
        .hasSize(3)
        .allSatisfy(
            span -> assertThat(attributes(span)).containsEntry("messaging.message.id", "m-2"));
  }

  @Test
  void nothingIsTracedByDefault() {
    try (Application application = start("webhooks.tracing", "false")) {
      send(application, "m-1", "traceparent", SAMPLED);
      Awaitility.await().atMost(AT_MOST).until(() -> receiver.count() == 1);
    }
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void aWebhookMayBeToldOfTheTrace() {
    try (Application application = start("webhooks.tracing.propagate", "true")) {
      send(application, "m-1", "traceparent", SAMPLED, "tracestate", "vendor=hush");

      SpanData post = await("POST", 1).get(0);
      assertThat(receiver.requests().get(0).header("traceparent"))
          .isEqualTo("00-" + TRACE + "-" + post.getSpanId() + "-01");
      assertThat(receiver.requests().get(0).header("tracestate")).isNull();
    }
  }

  @Test
  void anAttemptThatHangsEndsAtItsDeadline() {
    receiver.answerNext(Answer.hang());
    try (Application application = start("webhooks.timeout", "200ms")) {
      send(application, "m-1");

      SpanData post = await("POST", 2).get(0);
      assertThat(error(post)).isEqualTo("timeout");
      assertThat(post.getStatus().getDescription()).isEqualTo("no complete answer within 200 ms");
      assertThat(Duration.ofNanos(post.getEndEpochNanos() - post.getStartEpochNanos()))
          .isBetween(Duration.ofMillis(150), Duration.ofSeconds(10));
    }
  }

  /** Kafka's headers are bytes. */
  @Test
  void theSenderMayBeInBytesOfAnyEndpoint() {
    try (Application application = start("webhooks.inbound", "direct:events");
        ProducerTemplate template = application.context().createProducerTemplate()) {
      template.sendBodyAndHeader(
          "direct:events",
          "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-1\"}",
          "traceparent",
          SAMPLED.getBytes(UTF_8));

      assertThat(await("send default", 1).get(0).getParentSpanId()).isEqualTo(SENDER);
      await("POST", 1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void badSettingsAreTold() {
    assertThat(
            catchThrowable(
                () ->
                    start("webhooks.tracing", "yes", "webhooks.tracing.propagate", "maybe")
                        .close()))
        .rootCause()
        .hasMessageContaining("webhooks.tracing: found \"yes\", expected true or false.")
        .hasMessageContaining(
            "webhooks.tracing.propagate: found \"maybe\", expected true or false.");
  }
}
