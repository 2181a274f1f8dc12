package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that PostgreSQL is never given a text that it would refuse. */
@Timeout(120)
class PostgresTextTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private String url;
  private Application application;
  private ProducerTemplate producer;

  @BeforeEach
  void start() throws Exception {
    String database = PostgresOutboxTest.newDatabase();
    url = PostgresOutboxTest.server().getJdbcUrl("postgres", database);
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.inbound",
                "seda:in",
                "webhooks.urls",
                receiver.url(),
                "webhooks.outbox.url",
                url));
    producer = application.context().createProducerTemplate();
  }

  @AfterEach
  void close() {
    application.close();
    receiver.close();
  }

  private static String event(String id) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"" + id + "\"}";
  }

  private List<DeadLetter> deadLetters() throws OutboxException {
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    return outbox.deadLetters().list(DeadLetterFilter.ALL, null, 10).deadLetters();
  }

  /** Characters that PostgreSQL does not accept are replaced, both in events and in queries. */
  @Test
  void noTextOfAnEventIsRefused() throws Exception {
    List<String> ids =
        List.of("nul \\u0000", "surrogate \\ud800", "long " + "x".repeat(90), "\\uffff");
    for (String id : ids) {
      producer.sendBody("seda:in", event(id));
    }
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              assertThat(deadLetters()).isEmpty();
              assertThat(receiver.messageIds()).hasSize(ids.size());
            });

    DeadLetterFilter odd =
        new DeadLetterFilter(
            new EventFilter(null, "\0", "\0", "\0", Instant.MIN, Instant.MAX, Set.of()),
            null,
            null,
            null,
            null);
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    assertThat(outbox.deadLetters().list(odd, null, 10).deadLetters()).isEmpty();
  }
}
