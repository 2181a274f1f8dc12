package io.dromedary.management;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the API for the history and for single events, over HTTP. */
@Timeout(60)
class HistoryApiTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver receiver = Receiver.start();
  private Application application;

  private void start(Map<String, String> settings) {
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "webhooks.urls",
                receiver.url("/hook"),
                "webhooks.retry.in-memory",
                "0s",
                "webhooks.retry.jitter",
                "0"));
    all.putAll(settings);
    application = Application.start(folder, all, Map.of("dromedary-clock", clock));
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  private void send(String messageId, String userId) {
    Response answer =
        Http.post(
            application.url("/v1/track"),
            json("{'userId':" + userId + ",'event':'e','messageId':'" + messageId + "'}"));
    assertThat(answer).hasToString("200 {\"success\":true}");
  }

  private Response call(String method, String path) {
    return Http.send(method, application.url("/dromedary" + path));
  }

  private JsonNode get(String path) throws IOException {
    Response answer = call("GET", path);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private JsonNode awaitState(String messageId, String state) {
    return await()
        .atMost(AT_MOST)
        .until(
            () -> get("/api/events/" + messageId),
            story -> story.path("state").asText().equals(state));
  }

  @Test
  void anEventIsToldOfFromItsAcceptanceToItsDelivery() throws IOException {
    start(Map.of());
    receiver.answer(Answer.status(503).body("upstream busy"));
    send("m-1", "'ann'");
    await()
        .atMost(AT_MOST)
        .until(() -> get("/api/attempts?messageId=m-1").path("attempts").size() == 1);
    JsonNode waiting = awaitState("m-1", "waiting");
    assertThat(waiting.path("acceptedAt").asText()).isEqualTo(NOW.toString());
    JsonNode part = waiting.path("destinations").path(0);
    assertThat(part.path("destination").asText()).isEqualTo("default");
    assertThat(part.path("pending").findValuesAsText("messageId")).contains("m-1");
    JsonNode failed = part.path("attempts").path(0);
    assertThat(failed.path("detail").asText()).isEqualTo("answered 503: upstream busy");
    assertThat(failed.path("nextAt").asText()).isEqualTo("2026-01-02T03:04:06.679Z");

    receiver.answer(Answer.status(200));
    clock.advance(Duration.ofMinutes(1));
    JsonNode delivered = awaitState("m-1", "delivered");
    assertThat(delivered.path("acceptedAt").asText()).isEqualTo(NOW.toString());
    assertThat(delivered.path("destinations").path(0).path("attempts").findValuesAsText("outcome"))
        .containsExactly("temporary", "accepted");
    assertThat(delivered.findValue("message")).isNull();
  }

  @Test
  void theInstantOfAcceptanceIsFoundAmongThoseOfAnHour() throws IOException {
    start(Map.of("webhooks.history.successes", "0"));
    for (int i = 0; i < 20; i++) {
      send("m-" + i, "'ann'");
      clock.advance(Duration.ofMinutes(7));
    }
    for (int i = 0; i < 20; i++) {
      JsonNode part = awaitState("m-" + i, "delivered").path("destinations").path(0);
      assertThat(part.has("acceptedUntil")).as("m-" + i).isFalse();
      assertThat(get("/api/events?messageId=m-" + i).path("acceptedAt").asText())
          .isEqualTo(NOW.plus(Duration.ofMinutes(7L * i)).toString());
    }
  }

  @Test
  void anEventWhoseAttemptsAreNotKeptIsDeliveredAllTheSame() throws IOException {
    start(Map.of("webhooks.history.successes", "0"));
    send("m-1", "'ann'");
    JsonNode delivered = awaitState("m-1", "delivered");
    assertThat(delivered.path("acceptedAt").asText()).isEqualTo(NOW.toString());
    assertThat(delivered.findValue("message").asText())
        .isEqualTo("it was accepted, and is neither pending nor dead; its attempts are not kept");
    assertThat(get("/api/events/m-2"))
        .hasToString("{\"messageId\":\"m-2\",\"state\":\"unknown\",\"destinations\":[]}");
  }

  @Test
  void whatIsDeletedIsGoneAndNotDelivered() throws IOException {
    start(Map.of());
    receiver.answer(Answer.status(401));
    send("m-1", "'ann'");
    awaitState("m-1", "dead");
    assertThat(call("DELETE", "/dead-letters?messageId=m-1")).hasToString("200 {\"deleted\":1}");
    awaitState("m-1", "gone");

    receiver.answer(Answer.status(503));
    send("m-2", "'ann'");
    awaitState("m-2", "waiting");
    await()
        .atMost(AT_MOST)
        .until(
            () -> call("DELETE", "/pending?messageId=m-2").toString(),
            answer -> answer.startsWith("200 {\"deleted\":1"));
    awaitState("m-2", "gone");
  }

  /** The event is neither pending nor dead any more, but the history still has its answers. */
  @Test
  void whatIsMaskedInAnEventIsMaskedInWhatItsReceiverHasSaid() throws IOException {
    start(Map.of("webhooks.retry.in-memory", "30s"));
    receiver.answer(Answer.status(503).body("{\"e\":\"079 \\\"555\\\" 12 34\"} or 079 \"555\" 12"));
    assertThat(
            Http.post(
                application.url("/v1/track"),
                json("{'userId':'ann','event':'e','messageId':'m-1','properties':{'phone':")
                    + "\"079 \\\"555\\\" 12 34\"}}"))
        .hasToString("200 {\"success\":true}");
    JsonNode failed =
        await()
            .atMost(AT_MOST)
            .until(() -> get("/api/attempts?messageId=m-1").findValue("detail"), Objects::nonNull);
    assertThat(failed.asText()).isEqualTo("answered 503: {\"e\":\"•••\"} or •••");
  }

  @Test
  void whatIsReplayedIsToldFromWhatWasSentAtFirst() throws IOException {
    start(Map.of("webhooks.history.successes", "0"));
    receiver.answer(Answer.status(401));
    send("m-1", "'ann'");
    awaitState("m-1", "dead");
    receiver.answer(Answer.status(503));
    assertThat(call("POST", "/dead-letters/replay?messageId=m-1").status()).isEqualTo(200);
    await()
        .atMost(AT_MOST)
        .until(() -> get("/api/attempts?messageId=m-1").path("attempts").size() == 2);
    receiver.answer(Answer.status(200));
    clock.advance(Duration.ofMinutes(1));
    JsonNode attempts = awaitState("m-1", "delivered").path("destinations").findValue("attempts");
    assertThat(attempts.findValuesAsText("origin")).containsExactly("delivery", "replay", "replay");
    assertThat(attempts.findValuesAsText("number")).containsExactly("1", "1", "2");
  }

  @Test
  void aUserIsErasedEverywhere() throws IOException {
    start(Map.of());
    receiver.answer(Answer.status(401));
    send("m-1", "'ann'");
    send("m-10", "'bob'");
    awaitState("m-1", "dead");
    awaitState("m-10", "dead");
    receiver.answer(Answer.status(503));
    send("m-2", "'ann'");
    await()
        .atMost(AT_MOST)
        .until(() -> get("/api/attempts?messageId=m-2").path("attempts").size() == 1);

    assertThat(call("DELETE", "/api/events?userId=ann"))
        .hasToString("200 {\"pending\":1,\"inMemory\":0,\"deadLetters\":1,\"attempts\":2}");
    assertThat(get("/api/attempts?userId=ann").path("attempts")).isEmpty();
    assertThat(get("/api/attempts?userId=bob").path("attempts").findValuesAsText("messageId"))
        .containsExactly("m-10");
    awaitState("m-1", "gone");

    // A DELETE does not match the beginning of an id, as a search does.
    assertThat(call("DELETE", "/api/events?messageId=m-1"))
        .hasToString("200 {\"pending\":0,\"inMemory\":0,\"deadLetters\":0,\"attempts\":1}");
    awaitState("m-10", "dead");
  }

  @Test
  void attemptsAreReadByPagesAndFollowed() throws IOException {
    start(Map.of());
    for (String id : List.of("m-1", "m-2", "m-3")) {
      send(id, "7");
    }
    await().atMost(AT_MOST).until(() -> get("/api/attempts").path("attempts").size() == 3);
    JsonNode first = get("/api/attempts?limit=2");
    assertThat(first.path("attempts")).hasSize(2);
    JsonNode second = get("/api/attempts?limit=2&before=" + first.path("next").asText());
    assertThat(second.path("attempts")).hasSize(1);
    assertThat(second.path("next").isMissingNode()).isTrue();

    JsonNode followed = get("/api/attempts?after=0&limit=2");
    long seq = followed.path("attempts").path(0).path("seq").asLong();
    assertThat(followed.path("attempts").findValuesAsText("seq"))
        .containsExactly(Long.toString(seq), Long.toString(seq + 1));
    JsonNode rest = get("/api/attempts?after=" + followed.path("next").asText());
    assertThat(rest.path("attempts").findValuesAsText("seq"))
        .containsExactly(Long.toString(seq + 2));
    JsonNode none = get("/api/attempts?after=" + rest.path("next").asText());
    assertThat(none).hasToString("{\"attempts\":[],\"next\":\"" + (seq + 2) + "\"}");
    assertThat(get("/api/attempts?userId=7").path("attempts")).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "webhook=1, 2",
    "webhook=2, 0",
    "type=track, 2",
    "type=page, 0",
    "status=401, 1",
    "status=4xx, 1",
    "status=none, 0",
    "class=4xx, 1",
    "outcome=accepted, 1",
    "messageId=m-, 2",
    "messageId=m-2, 1",
    "userId=ann, 2",
    "destination=other, 0",
    "since=2026-01-02T03:04:00Z, 2",
    "until=2026-01-02T03:04:00Z, 0",
  })
  void attemptsAreFiltered(String filter, int found) throws IOException {
    start(Map.of());
    send("m-1", "'ann'");
    await().atMost(AT_MOST).until(() -> receiver.requests().size() == 1);
    receiver.answer(Answer.status(401));
    send("m-2", "'ann'");
    await().atMost(AT_MOST).until(() -> get("/api/attempts").path("attempts").size() == 2);
    assertThat(get("/api/attempts?" + filter).path("attempts")).hasSize(found);
  }

  @Test
  void everythingIsCounted() throws IOException {
    start(Map.of("webhooks.history.successes", "0"));
    send("m-1", "'ann'");
    await().atMost(AT_MOST).until(() -> receiver.requests().size() == 1);
    receiver.answer(Answer.status(401));
    send("m-2", "'ann'");
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              for (String step : List.of("10", "60", "3600")) {
                JsonNode point = get("/api/rollups?step=" + step).path("rollups").path(0);
                assertThat(point.path("accepted").asInt()).as(step).isEqualTo(1);
                assertThat(point.path("permanent").asInt()).isEqualTo(1);
                assertThat(point.path("delivered").asInt()).isEqualTo(1);
                assertThat(point.path("byClass")).hasToString("{\"4xx\":1,\"accepted\":1}");
                assertThat(point.path("attemptP50Millis").asDouble()).isPositive();
                assertThat(point.path("deliveryP99Millis").isNumber()).isTrue();
              }
            });
    JsonNode errors = get("/api/errors").path("errors");
    assertThat(errors).hasSize(1);
    assertThat(errors.path(0).path("class").asText()).isEqualTo("4xx");
    assertThat(errors.path(0).path("count").asInt()).isEqualTo(1);
    assertThat(errors.path(0).path("samples").findValuesAsText("messageId")).containsExactly("m-2");
  }

  @Test
  void whereNothingIsKeptItIsSaid() throws IOException {
    start(Map.of("webhooks.history", "off"));
    send("m-1", "'ann'");
    assertThat(call("GET", "/api/attempts"))
        .hasToString(
            "404 {\"success\":false,\"code\":\"no_history\",\"message\":\"attempts are not kept:"
                + " webhooks.history is off\"}");
    JsonNode story = awaitState("m-1", "delivered");
    assertThat(story.path("historyFailure").asText())
        .isEqualTo("attempts are not kept (webhooks.history)");
    assertThat(folder.resolve("history.db")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET|/api/events|messageId: found none, expected the id of an event",
        "DELETE|/api/events|expected userId or messageId, found neither",
        "GET|/api/attempts?before=x|before: found \"x\", expected a number that an earlier answer has"
            + " as seq or next",
        "GET|/api/rollups?step=1&since=2025-01-02T03:00:00Z|expected steps of 10 s or more, and at most"
            + " 10000 of them",
        "GET|/api/rollups?step=0|step: found \"0\", expected a whole number from 1 to 2592000",
      })
  void whatIsAskedWronglyIsRefused(String method, String path, String message) throws IOException {
    start(Map.of());
    Response answer = call(method, path);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(JSON.readTree(answer.body()).path("message").asText()).isEqualTo(message);
  }
}
