package io.dromedary.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Alerts about finished replays. */
@Timeout(120)
class ReplayAlertsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver webhook = Receiver.start();
  private final Receiver operator = Receiver.start();
  private Application application;

  @BeforeEach
  void start() {
    application =
        Application.start(
            folder,
            Map.of("webhooks.urls", webhook.url(), "webhooks.alert", operator.url()),
            Map.of("dromedary-clock", clock));
  }

  @AfterEach
  void close() {
    application.close();
    webhook.close();
    operator.close();
  }

  private void reject(String... messageIds) {
    webhook.answer(Answer.status(400));
    for (String messageId : messageIds) {
      Http.post(
          application.url("/v1/track"),
          "{\"userId\":\"u\",\"event\":\"e\",\"messageId\":\"" + messageId + "\"}");
    }
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                ask("GET", "/dead-letters/count")
                    .startsWith("{\"count\":" + messageIds.length + ","));
  }

  private String ask(String method, String path) {
    return Http.send(method, application.url("/dromedary" + path)).body();
  }

  private static JsonNode json(Request request) {
    try {
      return JSON.readTree(request.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<JsonNode> finished() {
    return operator.requests().stream()
        .map(ReplayAlertsTest::json)
        .filter(alert -> alert.path("type").asText().equals("dromedary.replay.finished"))
        .toList();
  }

  private List<String> data() {
    return finished().stream().map(alert -> alert.path("data").toString()).toList();
  }

  /** Moves the clock on, so that events are sent and replays are checked, until the alert comes. */
  private void awaitFinished(String... data) {
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              assertThat(data()).containsExactly(data);
            });
  }

  /** Waits until a check has recorded that the replay is running. */
  private void awaitNoted(String note) {
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return application
                  .context()
                  .getComponent("outbox", io.dromedary.outbox.OutboxComponent.class)
                  .outbox()
                  .alertRows()
                  .all()
                  .stream()
                  .anyMatch(row -> row.kind().equals(ReplayRule.KIND) && row.note().equals(note));
            });
  }

  @Test
  void theEndOfAReplayIsToldOnceAlsoAfterARestart() {
    awaitNoted("0");
    reject("m-0", "m-1", "m-2");
    // One is rejected again, and one is not accepted before the restart.
    webhook.answerBy(
        request ->
            Answer.status(
                request.text().contains("\"m-0\"")
                    ? 401
                    : request.text().contains("\"m-1\"") ? 503 : 200));
    String started = clock.instant().toString();
    assertThat(ask("POST", "/dead-letters/replay?all=true&rate=1")).contains("\"replay\":1");
    awaitNoted("1 1");
    assertThat(finished()).isEmpty();
    application.close();
    webhook.answerBy(request -> Answer.status(request.text().contains("\"m-0\"") ? 401 : 200));
    start();

    String first =
        "{\"replay\":1,\"state\":\"finished\",\"startedAt\":\"%s\",\"events\":3,\"delivered\":2,"
            + "\"dead\":1,\"deleted\":0,\"restored\":0}";
    awaitFinished(first.formatted(started));
    assertThat(finished().get(0).path("subject").asText()).isEqualTo("replay 1");
    assertThat(ask("GET", "/api/alerts")).doesNotContain("replays-read");

    // The first alert is not sent again with the next one.
    String again = clock.instant().toString();
    assertThat(ask("POST", "/dead-letters/replay?all=true")).contains("\"replay\":2");
    awaitFinished(
        first.formatted(started),
        "{\"replay\":2,\"state\":\"finished\",\"startedAt\":\"%s\",\"events\":1,\"delivered\":0,"
                .formatted(again)
            + "\"dead\":1,\"deleted\":0,\"restored\":0}");
    awaitNoted("2");
  }

  @Test
  void aReplayThatIsStoppedIsToldSo() {
    awaitNoted("0");
    reject("m-0", "m-1");
    webhook.answer(Answer.status(200));
    String started = clock.instant().toString();
    assertThat(ask("POST", "/dead-letters/replay?all=true&rate=1")).contains("\"replay\":1");
    assertThat(ask("POST", "/api/replays/1/stop")).isEqualTo("{\"restored\":1}");

    awaitFinished(
        "{\"replay\":1,\"state\":\"stopped\",\"startedAt\":\"%s\",\"events\":2,\"delivered\":1,"
                .formatted(started)
            + "\"dead\":0,\"deleted\":0,\"restored\":1}");
  }
}
