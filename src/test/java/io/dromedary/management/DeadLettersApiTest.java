package io.dromedary.management;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Json;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the API for dead letters, over HTTP. */
@Timeout(60)
class DeadLettersApiTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver receiver = Receiver.start();
  private Application application;

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("webhooks.urls", receiver.url("/hook")));
    all.putAll(settings);
    application = Application.start(folder, all, Map.of("dromedary-clock", clock));
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  /** Sends three events that the receiver rejects, and an invalid one. */
  private void rejectSome() throws IOException {
    receiver.answer(Answer.status(400));
    send("track", "m-0");
    awaitCount(1);
    clock.advance(Duration.ofSeconds(1));
    send("page", "m-1");
    awaitCount(2);
    clock.advance(Duration.ofSeconds(1));
    send("page", "m-2");
    awaitCount(3);
    Http.post(application.url("/v1/track"), json("{'event':'e'}"));
    awaitCount(4);
    receiver.answer(Answer.status(200));
  }

  private void send(String type, String messageId) {
    Response answer =
        Http.post(
            application.url("/v1/" + type),
            json("{'userId':'u','event':'e','name':'n','messageId':'" + messageId + "'}"));
    assertThat(answer).hasToString("200 {\"success\":true}");
  }

  private Response get(String path, String... headers) {
    return Http.send("GET", application.url("/dromedary/dead-letters" + path), headers);
  }

  private Response replay(String query, String... headers) {
    return Http.send("POST", application.url("/dromedary/dead-letters/replay" + query), headers);
  }

  private Response delete(String query) {
    return Http.send("DELETE", application.url("/dromedary/dead-letters" + query));
  }

  private static JsonNode parsed(Response response) throws IOException {
    assertThat(response.status()).as(response.body()).isEqualTo(200);
    assertThat(response.headers("Content-Type")).containsExactly("application/json");
    return JSON.readTree(response.body());
  }

  private List<String> ids(String query) throws IOException {
    return parsed(get(query)).get("deadLetters").findValuesAsText("messageId").stream()
        .distinct()
        .toList();
  }

  private void awaitCount(int count) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> assertThat(parsed(get("/count")).get("count").asInt()).isEqualTo(count));
  }

  /** Advances the clock in steps, since a wait that is computed after a step starts after it. */
  private void advanceUntil(int requests) {
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return receiver.count() >= requests;
            });
  }

  private static String failure(int status, String code, String message) {
    return status
        + " {\"success\":false,\"code\":\""
        + code
        + "\",\"message\":"
        + Json.quoted(message)
        + "}";
  }

  @Test
  void atFirstThereAreNone() {
    start(Map.of());

    assertThat(get("")).hasToString(json("200 {'count':0,'byReason':{},'deadLetters':[]}"));
    assertThat(get("/count")).hasToString(json("200 {'count':0,'byReason':{}}"));
    assertThat(replay("?all=true")).hasToString(json("200 {'replayed':0,'refused':0}"));
    assertThat(delete("?all=true")).hasToString(json("200 {'deleted':0}"));
  }

  @Test
  void whatAReceiverRejectsIsListedCountedReplayedAndDelivered() throws Exception {
    start(Map.of());
    rejectSome();

    JsonNode all = parsed(get(""));
    assertThat(all.get("count")).hasToString("4");
    assertThat(all.get("byReason")).hasToString(json("{'invalid':1,'rejected':3}"));
    JsonNode letter = all.at("/deadLetters/1");
    assertThat(letter.get("messageId").asText()).isEqualTo("m-2");
    assertThat(letter.get("reason").asText()).isEqualTo("rejected");
    assertThat(letter.get("lastStatus").asInt()).isEqualTo(400);
    assertThat(letter.get("deadAt").asText()).isEqualTo("2026-01-02T03:04:07.678Z");
    assertThat(letter.at("/event/name").asText()).isEqualTo("n");
    assertThat(all.at("/deadLetters/0/text").asText()).isEqualTo(json("{'event':'e'}"));
    assertThat(receiver.count()).isEqualTo(3);

    assertThat(replay("?reason=rejected"))
        .hasToString(json("200 {'replayed':3,'refused':0,'replay':1}"));

    advanceUntil(6);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m-0", 2, "m-1", 2, "m-2", 2));
    assertThat(get("/count")).hasToString(json("200 {'count':1,'byReason':{'invalid':1}}"));
    assertThat(replay("?all=true"))
        .hasToString(
            json(
                "200 {'replayed':0,'refused':1,'message':'invalid events cannot be replayed: send"
                    + " corrected ones, or delete these'}"));
    assertThat(delete("?reason=invalid")).hasToString(json("200 {'deleted':1}"));
    awaitCount(0);
  }

  /** Nothing of the first retry window is left, and the second is complete. */
  @Test
  void aReplayedEventHasAWindowOfItsOwn() throws Exception {
    start(Map.of("webhooks.retry.window", "1m", "webhooks.retry.jitter", "0"));
    receiver.answer(Answer.status(500));
    send("track", "m-0");
    receiver.awaitCount(1, AT_MOST);
    clock.advance(Duration.ofMinutes(2));
    awaitCount(1);
    assertThat(parsed(get("")).at("/deadLetters/0/reason").asText()).isEqualTo("expired");
    int attempts = receiver.count();

    replay("?messageId=m-0");

    receiver.awaitCount(attempts + 1, AT_MOST);
    awaitCount(0);
    receiver.answer(Answer.status(200));
    advanceUntil(attempts + 2);
  }

  @Test
  void replayedEventsAreSentAtTheRate() throws Exception {
    start(Map.of());
    rejectSome();

    assertThat(replay("?all=true&rate=1"))
        .hasToString(
            json(
                "200 {'replayed':3,'refused':1,'message':'invalid events cannot be replayed: send"
                    + " corrected ones, or delete these','replay':1}"));

    receiver.awaitCount(4, AT_MOST);
    assertThat(receiver.requests().get(3).text()).contains("m-0");
    clock.advance(Duration.ofMillis(999));
    // This makes the outbox look for due events again; only the first of the replay is due.
    send("track", "later");
    receiver.awaitCount(5, AT_MOST);
    assertThat(receiver.messageIds()).containsEntry("later", 1).containsEntry("m-1", 1);
    clock.advance(Duration.ofMillis(1));
    receiver.awaitCount(6, AT_MOST);
    assertThat(receiver.messageIds()).containsEntry("m-1", 2).containsEntry("m-2", 1);
    clock.advance(Duration.ofSeconds(1));
    receiver.awaitCount(7, AT_MOST);
    assertThat(receiver.messageIds()).containsEntry("m-2", 2);
  }

  /** A dead letter that never was an event has a text, in which the user is found. */
  @Test
  void whatIsErasedOfAUserIsAlsoWhatCouldNotBeRead() throws Exception {
    start(Map.of());
    Http.post(
        application.url("/v1/batch"),
        json(
            "{'batch':[{'type':'track','userId':'u1','event':'e','p':NaN},"
                + "{'type':'track','userId':'u2','event':'e','p':NaN},"
                + "{'type':'track','p':"
                + "[".repeat(1001)
                + "]".repeat(1001)
                + ",'userId':'u1','event':'e'}]}"));
    awaitCount(3);

    assertThat(delete("?userId=u1")).hasToString("200 {\"deleted\":2}");
    assertThat(parsed(get("")).at("/deadLetters/0/text").asText())
        .isEqualTo(json("{'type':'track','userId':'u2','event':'e','p':NaN}"));
    assertThat(parsed(get("")).get("count").asInt()).isEqualTo(1);
  }

  @Test
  void aFilterChoosesWhichOnes() throws Exception {
    start(Map.of());
    rejectSome();
    String id = parsed(get("?messageId=m-1")).at("/deadLetters/0/id").asText();

    assertThat(ids("?reason=rejected")).containsExactly("m-2", "m-1", "m-0");
    assertThat(ids("?type=page")).containsExactly("m-2", "m-1");
    assertThat(ids("?messageId=m-1")).containsExactly("m-1");
    assertThat(ids("?id=" + id + ",99")).containsExactly("m-1");
    assertThat(ids("?destination=default&type=track")).containsExactly("m-0");
    assertThat(ids("?destination=other")).isEmpty();
    assertThat(ids("?userId=u")).containsExactly("m-2", "m-1", "m-0");
    assertThat(ids("?userId=v")).isEmpty();
    assertThat(ids("?status=400")).containsExactly("m-2", "m-1", "m-0");
    assertThat(ids("?status=4xx&type=track")).containsExactly("m-0");
    assertThat(ids("?status=5xx")).isEmpty();
    assertThat(ids("?class=4xx")).containsExactly("m-2", "m-1", "m-0");
    assertThat(ids("?class=timeout")).isEmpty();
    assertThat(ids("?status=none&reason=rejected")).isEmpty();
    String webhook = receiver.url("");
    assertThat(ids("?webhook=" + webhook)).containsExactly("m-2", "m-1", "m-0");
    assertThat(ids("?webhook=" + webhook.replace("http", "ht%25"))).isEmpty();
    assertThat(ids("?type=page&until=2026-01-02T03:04:07Z")).containsExactly("m-1");
    assertThat(ids("?since=2026-01-02T03:04:07Z&reason=rejected")).containsExactly("m-2");
    assertThat(get("/count?type=page"))
        .hasToString(json("200 {'count':2,'byReason':{'rejected':2}}"));
    assertThat(replay("?type=page&limit=1"))
        .hasToString(json("200 {'replayed':1,'refused':0,'replay':1}"));
    assertThat(ids("?reason=rejected")).containsExactly("m-2", "m-0");
  }

  @Test
  void aPageSaysWhereTheNextOneBegins() throws Exception {
    start(Map.of());
    rejectSome();

    JsonNode first = parsed(get("?reason=rejected&limit=2"));
    assertThat(first.get("count").asInt()).isEqualTo(3);
    assertThat(first.get("deadLetters")).hasSize(2);
    JsonNode second = parsed(get("?reason=rejected&limit=2&before=" + first.get("next").asText()));

    assertThat(second.fieldNames()).toIterable().containsExactly("deadLetters");
    assertThat(second.at("/deadLetters/0/messageId").asText()).isEqualTo("m-0");
  }

  @Test
  void aRestartKeepsThem() throws Exception {
    start(Map.of());
    rejectSome();
    application.close();

    start(Map.of());

    assertThat(ids("?reason=rejected")).containsExactly("m-2", "m-1", "m-0");
    assertThat(replay("?messageId=m-2"))
        .hasToString(json("200 {'replayed':1,'refused':0,'replay':1}"));
    receiver.awaitCount(4, AT_MOST);
  }

  @Test
  void everyReasonIsAFilterAndDocumented() throws IOException {
    start(Map.of());
    String page = Files.readString(Path.of("docs/operating.md"));

    for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
      assertThat(get("/count?reason=" + reason.json()))
          .hasToString(json("200 {'count':0,'byReason':{}}"));
      assertThat(page).contains("`" + reason.json() + "`");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET    | ?reason=lost       | reason: found "lost", expected one of invalid, transform, rejected, expired, cancelled
          GET    | ?since=yesterday   | since: found "yesterday", expected an instant such as 2026-01-02T03:04:05Z
          GET    | ?until=1           | until: found "1", expected an instant such as 2026-01-02T03:04:05Z
          GET    | ?id=1,x            | id: found "1,x", expected 1 to 1,000 numbers separated by commas
          GET    | ?status=600        | status: found "600", expected a status such as 503, a class such as 5xx, or none
          GET    | ?class=503         | class: found "503", expected one of accepted, timeout, refused, dns, tls, blocked, reset, closed, 3xx, 408, 425, 429, 4xx, 5xx, other
          GET    | ?limit=0           | limit: found "0", expected a whole number from 1 to 1000
          GET    | ?limit=1001        | limit: found "1001", expected a whole number from 1 to 1000
          GET    | ?before=x          | before: found "x", expected what an earlier answer has as next
          GET    | ?type=a&type=b     | type: found "two values", expected one
          GET    | ?type=             | type: found "", expected a value
          GET    | ?all=true          | the parameters: found "all", expected none but before, class, destination, id, limit, messageId, reason, since, status, type, until, userId, webhook
          GET    | /count?limit=1     | the parameters: found "limit", expected none but class, destination, id, messageId, reason, since, status, type, until, userId, webhook
          POST   | /replay?reson=x    | the parameters: found "reson", expected none but all, class, destination, dryRun, id, limit, messageId, rate, reason, since, status, type, until, userId, webhook
          POST   | /replay?all=yes    | all: found "yes", expected true or false
          POST   | /replay            | expected either a filter (class, destination, id, messageId, reason, since, status, type, until, userId, webhook) or all=true
          POST   | /replay?rate=5     | expected either a filter (class, destination, id, messageId, reason, since, status, type, until, userId, webhook) or all=true
          POST   | /replay?type=a&all=true | expected either a filter (class, destination, id, messageId, reason, since, status, type, until, userId, webhook) or all=true
          POST   | /replay?all=true&rate=0 | rate: found "0", expected a whole number from 1 to 100000
          DELETE | ''                 | expected either a filter (class, destination, id, messageId, reason, since, status, type, until, userId, webhook) or all=true
          DELETE | ?limit=5           | the parameters: found "limit", expected none but all, class, destination, id, messageId, reason, since, status, type, until, userId, webhook
          """)
  void whatIsWrongIsSaid(String method, String query, String message) {
    start(Map.of());

    assertThat(Http.send(method, application.url("/dromedary/dead-letters" + query)))
        .hasToString(failure(400, "invalid_parameter", message));
  }

  @Test
  void anotherPathMethodOrBodyIsRefused() {
    start(Map.of());

    for (String path : List.of("/other", "x", "/")) {
      assertThat(get(path))
          .hasToString(
              failure(
                  404,
                  "not_found",
                  "expected /dromedary/dead-letters, /dromedary/pending or what is below them, found"
                      + " another path"));
    }
    assertThat(get("/replay?all=true"))
        .hasToString(failure(405, "method_not_allowed", "expected POST, found GET"));
    assertThat(Http.post(application.url("/dromedary/dead-letters"), ""))
        .hasToString(failure(405, "method_not_allowed", "expected GET or DELETE, found POST"));
    assertThat(
            Http.post(
                application.url("/dromedary/dead-letters/replay?all=true"),
                "reason=expired",
                "Content-Type",
                "application/x-www-form-urlencoded"))
        .hasToString(
            failure(
                400,
                "unexpected_body",
                "expected parameters in the URL and no body, found a body"));
  }

  /** Sends a Host that an HTTP client would not send, and returns the whole answer. */
  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), application.port())) {
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:80, /count, true",
    "localhost, /count, true",
    "LOCALHOST:1, /count, true",
    "[::1]:80, /count, true",
    "evil.example, /count, false",
    "127.0.0.1.evil.example, /count, false",
    "evil.example, /count?Host=127.0.0.1, false",
    "'', /count?Host=127.0.0.1, false",
    "'', /count, false"
  })
  void onLoopbackTheHostHasToBeLoopback(String host, String path, boolean isServed)
      throws Exception {
    start(Map.of());

    String answer =
        raw(
            "GET /dromedary/dead-letters"
                + path
                + " HTTP/1.1\r\nHost: "
                + host
                + "\r\nConnection: close\r\n\r\n");

    if (isServed) {
      assertThat(answer).startsWith("HTTP/1.1 200").contains(json("{'count':0,'byReason':{}}"));
    } else {
      assertThat(answer).doesNotContain("HTTP/1.1 200").doesNotContain("byReason");
    }
  }

  /** HTTP/2 has an authority instead of a Host. */
  @Test
  void theHostOfHttp2IsItsAuthority() throws Exception {
    start(Map.of("webhooks.h2c", "true"));
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(application.url("/dromedary/dead-letters/count")))
            .build();

    // The first request is upgraded from HTTP/1.1, the second is HTTP/2 from the start.
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(answer.body()).isEqualTo(json("{'count':0,'byReason':{}}"));
    }
  }

  @Test
  void aHostThatIsNotLoopbackIsSaid() throws Exception {
    start(Map.of());

    assertThat(
            raw(
                "GET /dromedary/dead-letters HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains(
            json(
                "{'success':false,'code':'forbidden_host','message':'expected a Host that is a"
                    + " loopback address, found another'}"));
  }

  @Test
  void aPageOfAnotherServerCannotChangeAnything() throws Exception {
    start(Map.of());
    rejectSome();
    String refused =
        failure(403, "forbidden_origin", "expected a page of this server, or none, found another");

    for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1:1")) {
      assertThat(replay("?all=true", "Origin", origin)).hasToString(refused);
      assertThat(
              Http.send(
                  "DELETE", application.url("/dromedary/dead-letters?all=true"), "Origin", origin))
          .hasToString(refused);
    }
    assertThat(
            get("/count", "Origin", "https://evil.example").headers("Access-Control-Allow-Origin"))
        .isEmpty();
    awaitCount(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0"})
  void withASecretItHasToBePresented(String host) {
    start(
        Map.of(
            "camel.server.host",
            host,
            "camel.management.port",
            Integer.toString(Application.freePort()),
            "webhooks.write-key.secret",
            "key",
            "webhooks.management.secret",
            "new-token, old-token"));
    String unauthorized =
        failure(
            401,
            "unauthorized",
            "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or"
                + " another");

    Stream.of("Bearer new-token", "bearer  old-token ")
        .forEach(
            good ->
                assertThat(get("/count", "Authorization", good))
                    .hasToString(json("200 {'count':0,'byReason':{}}")));
    Stream.of("Bearer new", "Bearer new-token, old-token", "Bearer ", "new-token", "Basic a2V5Og==")
        .forEach(
            bad -> {
              assertThat(get("/count", "Authorization", bad)).hasToString(unauthorized);
              assertThat(replay("?all=true", "Authorization", bad)).hasToString(unauthorized);
            });
    assertThat(get("/none")).hasToString(unauthorized);
    assertThat(get("").headers("WWW-Authenticate"))
        .containsExactly("Basic realm=\"Dromedary\", Bearer");
    assertThat(get("/count?Authorization=Bearer+new-token").status()).isNotEqualTo(200);
  }

  @Test
  void beyondLoopbackWithoutASecretThereIsNone() {
    start(
        Map.of(
            "camel.server.host", "0.0.0.0",
            "camel.management.port", Integer.toString(Application.freePort()),
            "webhooks.write-key.secret", "key"));

    assertThat(get("").status()).isEqualTo(404);
    assertThat(replay("?all=true").status()).isEqualTo(404);
  }
}
