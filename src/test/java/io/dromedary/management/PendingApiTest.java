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
import io.dromedary.testing.Json;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the API for pending events, over HTTP. */
@Timeout(60)
class PendingApiTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver receiver = Receiver.start();
  private Application application;

  /** Starts the application such that a failed event goes back to the store at once. */
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

  private void send(String type, String messageId, String userId) {
    Response answer =
        Http.post(
            application.url("/v1/" + type),
            json("{'userId':" + userId + ",'event':'e','messageId':'" + messageId + "'}"));
    assertThat(answer).hasToString("200 {\"success\":true}");
  }

  /** Sends two events that wait after a 503, in this order. */
  private void failTwo() {
    receiver.answer(Answer.status(503));
    send("track", "m-1", "'ann'");
    awaitWaiting("m-1");
    send("page", "m-2", "7");
    awaitWaiting("m-2");
    receiver.answer(Answer.status(200));
  }

  private void awaitWaiting(String messageId) {
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              JsonNode event = pending("?messageId=" + messageId).path(0);
              return event.path("state").asText().equals("waiting")
                  && event.path("attempts").asInt() > 0;
            });
  }

  private Response call(String method, String path) {
    return Http.send(method, application.url("/dromedary/pending" + path));
  }

  private JsonNode pending(String query) throws IOException {
    Response answer = call("GET", query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).get("pending");
  }

  private List<String> ids(String query) throws IOException {
    return pending(query).findValuesAsText("messageId").stream().distinct().toList();
  }

  private String deadLetters() {
    return Http.send("GET", application.url("/dromedary/dead-letters")).body();
  }

  @Test
  void atFirstThereAreNone() {
    start(Map.of());

    assertThat(call("GET", "")).hasToString(json("200 {'pending':[]}"));
    assertThat(call("GET", "/count")).hasToString(json("200 {'count':0}"));
    assertThat(call("POST", "/try-now?all=true")).hasToString(json("200 {'due':0,'inMemory':0}"));
    assertThat(call("POST", "/give-up?all=true"))
        .hasToString(json("200 {'givenUp':0,'inMemory':0}"));
    assertThat(call("DELETE", "?all=true")).hasToString(json("200 {'deleted':0,'inMemory':0}"));
  }

  @Test
  void anEventSaysWhatHasBecomeOfItAndWhatComesNext() throws Exception {
    start(Map.of());
    receiver.answer(Answer.status(503).body("upstream busy"));
    send("track", "m-1", "'ann'");
    awaitWaiting("m-1");

    JsonNode event = pending("").get(0);

    assertThat(event.get("destination").asText()).isEqualTo("default");
    assertThat(event.get("type").asText()).isEqualTo("track");
    assertThat(event.get("attempts").asInt()).isEqualTo(1);
    assertThat(event.get("acceptedAt").asText()).isEqualTo("2026-01-02T03:04:05.678Z");
    assertThat(event.get("expiresAt").asText()).isEqualTo("2026-01-02T07:04:05.678Z");
    assertThat(event.get("lastAttemptAt").asText()).isEqualTo("2026-01-02T03:04:05.678Z");
    assertThat(event.get("nextAttemptAt").asText()).startsWith("2026-01-02T03:04:06.67");
    assertThat(event.get("because").asText()).isEqualTo("the retry schedule");
    assertThat(event.at("/webhooks/0"))
        .hasToString(
            json(
                "{'webhook':'"
                    + receiver.url("")
                    + "','state':'pending','class':'5xx','status':503,'error':'answered 503','answer':'upstream"
                    + " busy'}"));
    assertThat(event.at("/event/userId").asText()).isEqualTo("ann");
  }

  /** Failures without a status have a class, too. */
  @Test
  void theyAreFilteredByTheClassOfTheLastAttempt() throws Exception {
    start(Map.of());
    receiver.answer(Answer.status(503));
    send("track", "m-1", "'ann'");
    awaitWaiting("m-1");
    receiver.answer(Answer.closeSilently());
    send("track", "m-2", "'ann'");
    awaitWaiting("m-2");
    receiver.answer(Answer.status(200));

    assertThat(ids("?class=5xx")).containsExactly("m-1");
    assertThat(ids("?class=closed")).containsExactly("m-2");
    assertThat(ids("?class=timeout")).isEmpty();
    assertThat(ids("?class=5xx&status=none")).isEmpty();
    assertThat(call("POST", "/give-up?class=closed"))
        .hasToString(json("200 {'givenUp':1,'inMemory':0}"));
    assertThat(ids("")).containsExactly("m-1");
    assertThat(
            Http.send("GET", application.url("/dromedary/dead-letters/count?class=closed")).body())
        .isEqualTo(json("{'count':1,'byReason':{'cancelled':1}}"));
  }

  /** Even if the receiver has asked for a longer wait. */
  @Test
  void anOperatorNeedNotWait() throws Exception {
    start(Map.of());
    receiver.answer(Answer.status(503).header("Retry-After", "3600"));
    send("track", "m-1", "'ann'");
    awaitWaiting("m-1");
    assertThat(pending("").get(0).get("because").asText())
        .isEqualTo("the receiver asked for it, by Retry-After");
    assertThat(pending("").get(0).get("nextAttemptAt").asText())
        .startsWith("2026-01-02T04:04:05.67");
    receiver.answer(Answer.status(200));
    int before = receiver.count();

    assertThat(call("POST", "/try-now?messageId=m-1"))
        .hasToString(json("200 {'due':1,'inMemory':0}"));

    receiver.awaitCount(before + 1, AT_MOST);
    await().atMost(AT_MOST).until(() -> ids("").isEmpty());
  }

  /** Even events that are due are not sent before the next probe of the webhook. */
  @Test
  void ofAWebhookThatIsDownTheNextProbeIsTold() throws Exception {
    start(
        Map.of(
            "webhooks.down.attempts", "1",
            "webhooks.down.after", "0s",
            "webhooks.down.events", "1",
            "webhooks.down.probe-interval", "10s"));
    receiver.answer(Answer.reset());
    send("track", "m-1", "'ann'");
    awaitWaiting("m-1");
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(pending("").path(0).path("because").asText())
                    .startsWith("the webhook is down: "));

    call("POST", "/try-now?all=true");

    // Probes are made in real time, and not by the clock of the test.
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        Instant.parse(
                            pending("")
                                .path(0)
                                .path("nextAttemptAt")
                                .asText("1970-01-01T00:00:00Z")))
                    .isAfter(NOW.plusSeconds(1)));
  }

  @Test
  void whatIsGivenUpIsADeadLetterWithWhatItsWebhooksSaid() throws Exception {
    start(Map.of());
    failTwo();

    assertThat(call("POST", "/give-up?type=page"))
        .hasToString(json("200 {'givenUp':1,'inMemory':0}"));

    JsonNode letter = JSON.readTree(deadLetters()).at("/deadLetters/0");
    assertThat(letter.get("messageId").asText()).isEqualTo("m-2");
    assertThat(letter.get("reason").asText()).isEqualTo("cancelled");
    assertThat(letter.get("detail").asText())
        .isEqualTo("an operator has given it up; " + receiver.url("") + ": answered 503");
    assertThat(letter.get("lastStatus").asInt()).isEqualTo(503);
    assertThat(letter.get("attempts").asInt()).isEqualTo(1);
    assertThat(letter.at("/webhooks/0/status").asInt()).isEqualTo(503);
    assertThat(ids("")).containsExactly("m-1");
  }

  @Test
  void aUserCanBeErased() throws Exception {
    start(Map.of());
    failTwo();

    assertThat(call("DELETE", "?userId=7")).hasToString(json("200 {'deleted':1,'inMemory':0}"));

    assertThat(ids("")).containsExactly("m-1");
    assertThat(deadLetters()).isEqualTo(json("{'count':0,'byReason':{},'deadLetters':[]}"));
  }

  /** Its retry in memory may still be sent, but whatever the outcome, nothing is kept of it. */
  @Test
  void whatWaitsInMemoryIsErasedToo() throws Exception {
    start(Map.of("webhooks.retry.in-memory", "30s", "webhooks.retry.initial-delay", "10s"));
    receiver.answer(Answer.status(503));
    send("track", "m-1", "'ann'");
    receiver.awaitCount(1, AT_MOST);
    await()
        .atMost(AT_MOST)
        .until(() -> pending("").path(0).path("state").asText().equals("in-memory"));
    assertThat(pending("").get(0).get("because").asText())
        .isEqualTo("it is being sent, or waits in memory");
    assertThat(call("POST", "/try-now?all=true")).hasToString(json("200 {'due':0,'inMemory':1}"));
    assertThat(call("POST", "/give-up?all=true"))
        .hasToString(json("200 {'givenUp':0,'inMemory':1}"));

    assertThat(call("DELETE", "?userId=ann")).hasToString(json("200 {'deleted':1,'inMemory':1}"));

    receiver.answer(Answer.status(400));
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return receiver.count() > 1;
            });
    // Once this later event is settled, so is the one before it.
    send("track", "m-2", "'bob'");
    await().atMost(AT_MOST).until(() -> deadLetters().contains("m-2"));
    assertThat(deadLetters()).doesNotContain("m-1");
    assertThat(ids("")).isEmpty();
  }

  @Test
  void aFilterChoosesWhichOnes() throws Exception {
    start(Map.of());
    failTwo();
    String id = pending("?messageId=m-2").get(0).get("id").asText();

    assertThat(ids("")).containsExactly("m-1", "m-2");
    assertThat(ids("?type=page")).containsExactly("m-2");
    assertThat(ids("?id=" + id)).containsExactly("m-2");
    assertThat(ids("?userId=ann")).containsExactly("m-1");
    assertThat(ids("?status=503")).containsExactly("m-1", "m-2");
    assertThat(ids("?status=5xx&destination=default")).containsExactly("m-1", "m-2");
    assertThat(ids("?status=none")).isEmpty();
    assertThat(ids("?status=429")).isEmpty();
    assertThat(ids("?webhook=1")).containsExactly("m-1", "m-2");
    assertThat(ids("?webhook=" + receiver.url(""))).containsExactly("m-1", "m-2");
    assertThat(ids("?webhook=2")).isEmpty();
    assertThat(ids("?until=2026-01-02T03:04:05Z")).isEmpty();
    assertThat(ids("?since=2026-01-02T03:04:05Z")).containsExactly("m-1", "m-2");
    assertThat(call("GET", "/count?userId=7")).hasToString(json("200 {'count':1}"));

    JsonNode page = JSON.readTree(call("GET", "?limit=1").body());
    assertThat(page.at("/pending/0/messageId").asText()).isEqualTo("m-1");
    assertThat(ids("?limit=1&after=" + page.get("next").asText())).containsExactly("m-2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET    | ?class=slow        | class: found "slow", expected one of accepted, timeout, refused, dns, tls, blocked, reset, closed, 3xx, 408, 425, 429, 4xx, 5xx, other
          GET    | ?status=6          | status: found "6", expected a status such as 503, a class such as 5xx, or none
          GET    | ?after=x           | after: found "x", expected what an earlier answer has as next
          GET    | ?reason=expired    | the parameters: found "reason", expected none but after, class, destination, id, limit, messageId, since, status, type, until, userId, webhook
          POST   | /try-now           | expected either a filter (class, destination, id, messageId, since, status, type, until, userId, webhook) or all=true
          POST   | /give-up?type=a&all=true | expected either a filter (class, destination, id, messageId, since, status, type, until, userId, webhook) or all=true
          DELETE | ''                 | expected either a filter (class, destination, id, messageId, since, status, type, until, userId, webhook) or all=true
          """)
  void whatIsWrongIsSaid(String method, String query, String message) {
    start(Map.of());

    assertThat(call(method, query))
        .hasToString(
            "400 {\"success\":false,\"code\":\"invalid_parameter\",\"message\":"
                + Json.quoted(message)
                + "}");
  }
}
