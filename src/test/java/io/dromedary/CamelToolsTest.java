package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.OutboxEndpoint;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.console.DevConsole;
import org.apache.camel.console.DevConsole.MediaType;
import org.apache.camel.console.DevConsoleRegistry;
import org.apache.camel.spi.BrowsableEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pending events in Camel's own tools. */
class CamelToolsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start().answer(Answer.status(503));

  @AfterEach
  void close() {
    receiver.close();
  }

  private Application start() {
    return Application.start(
        folder,
        Map.of(
            "webhooks.urls", receiver.url("/hush"),
            "webhooks.retry.in-memory", "0s",
            "webhooks.retry.initial-delay", "10m"));
  }

  private static void track(Application application, String id) {
    String event = "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}";
    assertThat(Http.post(application.url("/v1/track"), event).status()).isEqualTo(200);
  }

  private static OutboxEndpoint outbox(Application application, String options) {
    return application.context().getEndpoint("outbox:default" + options, OutboxEndpoint.class);
  }

  private static List<Object> ids(List<Exchange> exchanges) {
    return exchanges.stream()
        .map(exchange -> exchange.getMessage().getHeader(OutboxEndpoint.MESSAGE_ID))
        .toList();
  }

  @Test
  void whatWaitsIsBrowsed() throws Exception {
    try (Application application = start()) {
      track(application, "m-1");
      track(application, "m-2");
      track(application, "m-3");
      BrowsableEndpoint endpoint = outbox(application, "");

      List<Exchange> found = endpoint.getExchanges();

      assertThat(ids(found)).containsExactly("m-1", "m-2", "m-3");
      assertThat(found.get(0).getMessage().getBody(String.class)).contains("\"messageId\":\"m-1\"");
      assertThat(found.get(0).getMessage().getHeader(OutboxEndpoint.TYPE)).isEqualTo("track");
      assertThat(ids(outbox(application, "?browseLimit=2").getExchanges()))
          .containsExactly("m-1", "m-2");
      assertThat(ids(outbox(application, "?browseLimit=0").getExchanges())).hasSize(3);
      assertThat(
              application
                  .context()
                  .getEndpoint("outbox:other", BrowsableEndpoint.class)
                  .getExchanges())
          .isEmpty();
      assertThat(endpoint.getBrowseStatus(1000).size()).isEqualTo(3);
      await()
          .atMost(AT_MOST)
          .untilAsserted(() -> assertThat(outbox(application, "").getPendingEvents()).isEqualTo(3));
      assertThat(outbox(application, "").getOverdueSeconds()).isNotNegative();
      assertThat(outbox(application, "").getDeadLetters()).isZero();
      // Browsing returns copies.
      receiver.answer(Answer.status(200));
      Http.send("POST", application.url("/dromedary/pending/try-now?all=true"));
      await().atMost(AT_MOST).until(() -> endpoint.getExchanges().isEmpty());
    }
  }

  @Test
  void aStoreThatFailsIsSaidToDoSo() throws Exception {
    try (Application application = start()) {
      BrowsableEndpoint endpoint = outbox(application, "");
      Path file = folder.resolve("outbox.db");
      Path away = folder.resolve("away.db");
      Files.move(file, away);
      try {
        assertThatThrownBy(endpoint::getExchanges)
            .isInstanceOf(RuntimeCamelException.class)
            .hasMessageStartingWith("The outbox cannot be browsed: ");
      } finally {
        Files.move(away, file);
      }
    }
  }

  @Test
  void theConsoleShowsTheStoreAndTheWebhooksAndNoEvent() {
    try (Application application = start()) {
      track(application, "m-1");
      DevConsole console =
          application
              .context()
              .getCamelContextExtension()
              .getContextPlugin(DevConsoleRegistry.class)
              .resolveById("dromedary");

      String text = (String) console.call(MediaType.TEXT, Map.of());
      assertThat(text)
          .contains(
              "outbox\n    state: UP\n",
              "    destinations: default\n",
              "webhooks-default\n    state: UP\n",
              "    webhook 1 http://127.0.0.1:" + receiver.port() + ": ")
          .doesNotContain("m-1", "hush");
      Map<?, ?> json = (Map<?, ?>) console.call(MediaType.JSON, Map.of());
      assertThat(json.keySet().stream().map(String::valueOf))
          .containsExactly("outbox", "webhooks-default");
      assertThat(((Map<?, ?>) json.get("outbox")).get("store")).isEqualTo("sqlite");
    }
  }
}
