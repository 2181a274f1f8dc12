package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
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

/** What the database does not take, however often it is asked, must not hold up what it takes. */
@Timeout(120)
class PostgresRefusalTest {

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

  private void refuse(String table, String messageId) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "ALTER TABLE " + table + " ADD CHECK (message_id <> '" + messageId + "') NOT VALID");
    }
  }

  private static String event(String id) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"" + id + "\"}";
  }

  private List<DeadLetter> deadLetters() throws OutboxException {
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    return outbox.deadLetters().list(DeadLetterFilter.ALL, null, 10).deadLetters();
  }

  @Test
  void anEventThatIsRefusedIsADeadLetterAndHoldsUpNoOther() throws Exception {
    refuse("outbox", "forbidden");

    producer.sendBody("seda:in", "[" + event("a") + "," + event("forbidden") + "]");
    producer.sendBody("seda:in", "[" + event("b") + "]");

    await().atMost(AT_MOST).until(() -> receiver.messageIds().keySet().equals(Set.of("a", "b")));
    assertThat(deadLetters())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.event().messageId()).isEqualTo("forbidden");
              assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.INVALID);
              assertThat(letter.detail())
                  .startsWith("refused: expected an event that the store takes, found one with ")
                  .contains("violates check constraint");
            });
  }

  @Test
  void whatCannotBeADeadLetterEitherIsLeftToItsSource() throws Exception {
    refuse("outbox", "forbidden");
    refuse("dead_letter", "forbidden");

    producer.sendBody("seda:in", event("forbidden"));
    producer.sendBody("seda:in", event("b"));

    await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("b"));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void aForeignBodyThatIsRefusedFails() {
    List<OutboxEvent> events =
        List.of(new OutboxEvent("far", "order", Instant.MAX, new byte[] {1}));
    assertThatThrownBy(() -> producer.sendBody("outbox:default", events))
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasStackTraceContaining("expected an event that the store takes, found one with ");
  }

  /** What PostgreSQL does not take has been replaced, in events as in what is asked for them. */
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
        new DeadLetterFilter(null, null, "\0", "\0", Instant.MIN, Instant.MAX, Set.of());
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    assertThat(outbox.deadLetters().list(odd, null, 10).deadLetters()).isEmpty();
  }
}
