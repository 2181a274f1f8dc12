package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.settings.InvalidSettingsException;
import io.dromedary.settings.StartSummary;
import io.dromedary.testing.Http;
import io.dromedary.testing.KafkaBroker;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Route;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Events from several endpoints at once, each acknowledged in its own way. */
@Timeout(120)
class SeveralInboundsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private Application application;

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start() {
    settings.put("webhooks.urls", receiver.url("/hook"));
    application = Application.start(folder, settings);
  }

  private static String event(String name) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"" + name + "\"}";
  }

  private void awaitEvent(String name) {
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                receiver.requests().stream()
                        .filter(request -> request.text().contains("\"" + name + "\""))
                        .count()
                    == 1);
  }

  @Test
  void aTopicAFolderAndTheTrackingApi() throws Exception {
    KafkaBroker broker = KafkaBroker.shared();
    String topic = "several-inbounds";
    broker.createTopic(topic, 1);
    Path inbox = Files.createDirectory(folder.resolve("inbox"));
    settings.put(
        "webhooks.inbound",
        "kafka:%s?brokers=%s&groupId=several&autoOffsetReset=earliest"
            .formatted(topic, broker.address()));
    settings.put("webhooks.inbound.http", "tracking-api");
    settings.put("webhooks.inbound.files", "file:" + inbox + "?delay=100&initialDelay=0");
    start();

    try (KafkaProducer<String, String> producer = broker.producer()) {
      producer.send(new ProducerRecord<>(topic, event("of the topic"))).get();
    }
    Files.writeString(inbox.resolve("a.json"), event("of the folder"));
    assertThat(Http.post(application.url("/v1/track"), event("of http")))
        .hasToString("200 {\"success\":true}");

    for (String name : List.of("of the topic", "of the folder", "of http")) {
      awaitEvent(name);
    }
    await().atMost(AT_MOST).until(() -> Files.exists(inbox.resolve(".camel/a.json")));
    await().atMost(AT_MOST).until(() -> broker.committed("several") == 1);
    assertThat(application.context().getRoutes())
        .extracting(Route::getRouteId)
        .contains(
            "dromedary-receive-events",
            "dromedary-receive-events-http",
            "dromedary-receive-events-files");
    assertThat(StartSummary.lines(application.context()))
        .contains(
            "  inbound       kafka:" + topic,
            "  inbound       file:" + inbox,
            "  inbound       tracking API on http://127.0.0.1:%d/v1, without write key"
                .formatted(application.port()));
  }

  /** Without {@code webhooks.inbound}, the tracking API is still served. */
  @Test
  void anotherOneIsBesideTheTrackingApi() {
    settings.put("webhooks.inbound.own", "platform-http:/ingest");
    start();

    assertThat(Http.post(application.url("/v1/track"), event("one")).status()).isEqualTo(200);
    assertThat(Http.post(application.url("/ingest"), "[" + event("two") + "]").status())
        .isEqualTo(200);
    // The tracking API still refuses unknown paths.
    assertThat(Http.post(application.url("/v1/nonsense"), event("three")).status()).isEqualTo(404);
    awaitEvent("one");
    awaitEvent("two");
  }

  @Test
  void whatIsWrongWithOneIsSaidOfIt() {
    settings.put("webhooks.inbound.files", "file:" + folder.resolve("nowhere"));
    settings.put("webhooks.inbound.typo", "kafak:events");
    settings.put("webhooks.inbound.a_b", "direct:x");
    settings.put("webhooks.inbound.again", "tracking-api");

    assertThatThrownBy(this::start)
        .rootCause()
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContainingAll(
            "webhooks.inbound.files: found \"file:%s\", expected a folder that exists (or the option autoCreate=true)."
                .formatted(folder.resolve("nowhere")),
            "webhooks.inbound.typo: found \"kafak:events\", expected a Camel endpoint URI whose component is on the class path (that of \"kafak:\", if there is one, is in org.apache.camel:camel-kafak).",
            "webhooks.inbound.*: found \"a_b\", expected a name of up to 50 letters, digits and hyphens, other than default.",
            "webhooks.inbound.again: found \"/v1\", expected another path than that of webhooks.inbound.");
  }

  /** The request bin would answer 200 without storing the event, and health would be gone. */
  @Test
  void noneIsWhereAnotherIsServed() {
    settings.put("webhooks.inbound.at-bin", "platform-http:/bin");
    settings.put("webhooks.inbound.at-health", "platform-http:/observe/health");
    settings.put("webhooks.inbound.at-management", "platform-http:/dromedary/pending");
    settings.put("webhooks.inbound.below", "platform-http:/v1/orders");
    settings.put("webhooks.inbound.beside", "platform-http:/sourceConfig");
    settings.put("webhooks.inbound.fine", "platform-http:/a/b");
    settings.put("webhooks.inbound.more", "platform-http:/a?matchOnUriPrefix=true");
    settings.put("webhooks.inbound.parameter", "platform-http:/{any}");
    settings.put("webhooks.inbound.same", "platform-http:a/b/");
    settings.put("webhooks.inbound.too", "platform-http:/a/bc/{id}/d");

    assertThatThrownBy(this::start)
        .rootCause()
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            String.join(
                "\n  ",
                "Dromedary cannot start: 9 settings are wrong.",
                "webhooks.inbound.at-bin: found \"/bin\", expected another path than that of the request bin.",
                "webhooks.inbound.at-health: found \"/observe/health\", expected another path than that of health and metrics (/observe).",
                "webhooks.inbound.at-management: found \"/dromedary/pending\", expected another path than that of webhooks.management.path (/dromedary).",
                "webhooks.inbound.below: found \"/v1/orders\", expected another path than that of webhooks.inbound (/v1).",
                "webhooks.inbound.beside: found \"/sourceConfig\", expected another path than that of SDKs beside the tracking API.",
                "webhooks.inbound.more: found \"/a\", expected another path than that of webhooks.inbound.fine (/a/b).",
                "webhooks.inbound.parameter: found \"/{any}\", expected another path than that of the request bin (/bin).",
                "webhooks.inbound.same: found \"/a/b\", expected another path than that of webhooks.inbound.fine.",
                "webhooks.inbound.too: found \"/a/bc/{id}/d\", expected another path than that of webhooks.inbound.more (/a)."));
  }

  /** Without a tracking API, other inbounds may use its paths. */
  @Test
  void anOwnPathMayBeThatOfATrackingApiThatIsNotThere() {
    settings.put("webhooks.inbound", "platform-http:/v1/orders");
    settings.put("webhooks.inbound.config", "platform-http:/sourceConfig");
    start();

    for (String path : List.of("/v1/orders", "/sourceConfig")) {
      assertThat(Http.post(application.url(path), event(path)))
          .hasToString("200 {\"success\":true}");
      awaitEvent(path);
    }
  }
}
