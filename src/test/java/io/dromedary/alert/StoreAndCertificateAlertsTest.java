package io.dromedary.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Alerts about a store that really fails and a certificate that really expires. */
@Timeout(120)
class StoreAndCertificateAlertsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FAILING = "dromedary.store.failing outbox";
  private static final String RECOVERED = "dromedary.store.recovered outbox";

  @TempDir Path folder;
  private final Receiver webhook = Receiver.start();
  private final Receiver operator = Receiver.start();
  private final SettableClock clock = new SettableClock(Instant.now());
  private final Map<String, String> settings = new HashMap<>();
  private Path data;
  private Path file;
  private Application application;
  private int sent;

  @BeforeEach
  void configure() throws Exception {
    data = Files.createDirectory(folder.resolve("data"));
    file = data.resolve("outbox.db");
    settings.put("webhooks.urls", webhook.url());
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + file);
    settings.put("webhooks.retry.max-delay", "1s");
    settings.put("webhooks.alert", operator.url("/alerts"));
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    webhook.close();
    operator.close();
  }

  private void start() {
    application = Application.start(folder, settings, Map.of("dromedary-clock", clock));
  }

  private int send(int padding) {
    return Http.post(
            application.url("/v1/track"),
            "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-"
                + sent++
                + "\",\"properties\":{\"p\":\""
                + "x".repeat(padding)
                + "\"}}")
        .status();
  }

  private static ObjectNode json(Request request) {
    try {
      return (ObjectNode) JSON.readTree(request.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The alerts that were received, with repetitions. */
  private List<String> told() {
    return operator.requests().stream()
        .map(StoreAndCertificateAlertsTest::json)
        .map(alert -> alert.path("type").asText() + " " + alert.path("subject").asText())
        .toList();
  }

  /** Moves the clock on, five times as fast as time, until these alerts have come. */
  private void awaitTold(String... alerts) {
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              assertThat(told()).containsExactly(alerts);
            });
  }

  private JsonNode last() {
    List<Request> all = operator.requests();
    return json(all.get(all.size() - 1)).path("data");
  }

  @Test
  void aStoreWhoseFileIsTakenAwayIsToldWhileItIsAway() throws Exception {
    start();
    assertThat(send(0)).isEqualTo(200);
    webhook.awaitCount(1, AT_MOST);
    // An alert that is sent from memory is retried, too.
    operator.answerNext(Answer.status(503));
    Path away = folder.resolve("away");
    Instant begin = clock.instant();
    Files.move(data, away);

    awaitTold(FAILING, FAILING);
    assertThat(send(0)).isEqualTo(503);
    Instant since = Instant.parse(last().path("since").asText());
    assertThat(since).isBetween(begin.minusMillis(1), clock.instant());
    assertThat(operator.requests().get(0).body()).isEqualTo(operator.requests().get(1).body());
    assertThat(Http.send("GET", application.url("/dromedary/api/alerts")).body())
        .startsWith("{\"alerts\":[],\"message\":\"the store cannot be read: ")
        .endsWith("has been moved or deleted\",\"storeFailingSince\":\"" + since + "\"}");
    assertThat(Http.send("GET", application.url("/dromedary/alerts"), "Accept", "text/html").body())
        .contains("The store has not worked since <time datetime=\"" + since + "\"")
        .contains("Earlier alerts are in the store: ")
        .doesNotContain("Nothing has gone wrong");

    Files.move(away, data);

    awaitTold(FAILING, FAILING, RECOVERED);
    assertThat(last().path("since").asText()).isEqualTo(since.toString());
    assertThat(last().path("lastedSeconds").asLong()).isBetween(1L, 60L);
    assertThat(send(0)).isEqualTo(200);
    assertThat(Http.send("GET", application.url("/dromedary/api/alerts")).body())
        .doesNotContain("storeFailingSince");
  }

  @Test
  void aStoreThatSomebodyElseLocksIsTold() throws Exception {
    start();
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      await().atMost(AT_MOST).until(() -> send(0) == 503);

      awaitTold(FAILING);
      statement.execute("ROLLBACK");
    }
    awaitTold(FAILING, RECOVERED);
  }

  @Test
  void aStoreThatIsFullIsTold() {
    webhook.answer(Answer.status(500));
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + file + "?max_page_count=200");
    settings.put("webhooks.down.detection", "off");
    start();
    await().atMost(AT_MOST).pollInterval(Duration.ofMillis(1)).until(() -> send(4000) == 503);

    awaitTold(FAILING);
    webhook.answer(Answer.status(200));
    awaitTold(FAILING, RECOVERED);
    assertThat(send(0)).isEqualTo(200);
  }

  @Test
  void aCertificateThatExpiresInFiveDaysIsToldOnce() throws Exception {
    Certificates certificates = new Certificates();
    Certificates.Server server = certificates.endingIn(Duration.ofDays(5));
    try (Receiver secure = Receiver.startTls(server)) {
      settings.put("webhooks.urls", "https://localhost:" + secure.port() + "/hook");
      settings.put("webhooks.tls.trust-store", certificates.trustStore(folder).toString());
      settings.put("webhooks.tls.trust-store.password", Certificates.PASSWORD);
      settings.put("webhooks.timeout", "5s");
      start();
      assertThat(send(0)).isEqualTo(200);

      awaitTold("dromedary.certificate.expiring default/1");
      assertThat(last())
          .isEqualTo(JSON.readTree("{\"expiresAt\":\"" + server.end() + "\",\"daysLeft\":4}"));
      // After a restart there is no second alert about it. Only the one found after it is sent.
      application.close();
      start();
      assertThat(send(0)).isEqualTo(200);
      secure.awaitCount(2, AT_MOST);
      secure.answer(Answer.status(410));
      assertThat(send(0)).isEqualTo(200);
      awaitTold(
          "dromedary.certificate.expiring default/1",
          "dromedary.dead-letters.new default rejected 4xx");
    } finally {
      application.close();
    }
  }
}
