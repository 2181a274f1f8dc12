package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Signatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Kamelet {@code webhooks-sink} at the end of a route. */
class KameletTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver byDefault = Receiver.start();
  private final Receiver crm = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();

  @BeforeEach
  void configure() throws Exception {
    settings.put("webhooks.urls", byDefault.url());
    settings.put("webhooks.signing.secret", "one");
    settings.put("webhooks.destination.crm.urls", crm.url());
    settings.put("webhooks.destination.crm.signing.secret", "two");
    Path routes = Files.createDirectory(folder.resolve("routes"));
    Files.writeString(
        routes.resolve("orders.camel.yaml"),
        """
        - route:
            from:
              uri: direct:orders
              steps:
                - to:
                    uri: kamelet:webhooks-sink
        - route:
            from:
              uri: direct:contacts
              steps:
                - to:
                    uri: kamelet:webhooks-sink
                    parameters:
                      destination: crm
        """);
  }

  @AfterEach
  void close() {
    byDefault.close();
    crm.close();
  }

  private static String event(String messageId) {
    return "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\""
        + messageId
        + "\"}";
  }

  @Test
  void endsARouteInSignedWebhooksOfADestination() throws Exception {
    try (Application application = Application.start(folder, settings);
        ProducerTemplate template = application.context().createProducerTemplate()) {
      template.sendBody("direct:orders", "[" + event("a") + "," + event("b") + "]");
      template.sendBody(
          "direct:orders", Map.of("type", "track", "event", "E", "userId", "u", "messageId", "c"));
      template.sendBody("direct:contacts", event("d"));
      await().atMost(AT_MOST).until(() -> byDefault.count() == 3 && crm.count() == 1);
      await().atMost(AT_MOST).until(() -> new OutboxFile(folder).count("outbox") == 0);
    }
    assertThat(byDefault.messageIds().keySet()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(byDefault.requests()).allMatch(request -> Signatures.verifies("one", request));
    assertThat(crm.messageIds().keySet()).containsExactly("d");
    assertThat(crm.requests()).allMatch(request -> Signatures.verifies("two", request));
  }

  @Test
  void whatIsNoEventIsADeadLetterOfItsDestination() throws Exception {
    try (Application application = Application.start(folder, settings);
        ProducerTemplate template = application.context().createProducerTemplate()) {
      template.sendBody("direct:contacts", "no JSON");
    }
    assertThat(new OutboxFile(folder).count("dead_letter WHERE destination = 'crm'")).isEqualTo(1);
    assertThat(List.of(byDefault.count(), crm.count())).containsOnly(0);
  }
}
