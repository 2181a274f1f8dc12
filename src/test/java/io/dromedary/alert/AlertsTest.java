package io.dromedary.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dromedary.Application;
import io.dromedary.page.PageText;
import io.dromedary.signing.StandardWebhooksSigner;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.UncheckedIOException;
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

/** Alerts, with real receivers. */
@Timeout(120)
class AlertsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "whsec_c2l4dGVlbi1ieXRlcy1vci1tb3Jl";

  @TempDir Path folder;
  private final Receiver webhook = Receiver.start();
  private final Receiver operator = Receiver.start();
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    webhook.close();
    operator.close();
  }

  private void start(Map<String, String> more, Map<String, Object> beans) {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.urls", webhook.url("/hush?token=hush"));
    settings.put("webhooks.alert", operator.url("/alerts?token=hush"));
    settings.put("webhooks.alert.after", "1s");
    settings.put("webhooks.down.attempts", "2");
    settings.put("webhooks.down.after", "0s");
    settings.put("webhooks.down.events", "1");
    settings.put("webhooks.down.probe-interval", "100ms");
    settings.put("webhooks.retry.initial-delay", "50ms");
    settings.put("webhooks.retry.max-delay", "200ms");
    settings.putAll(more);
    application = Application.start(folder, settings, beans);
  }

  private void start(Map<String, String> more) {
    start(more, Map.of());
  }

  private void send(String id) {
    assertThat(
            Http.post(
                    application.url("/v1/track"),
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}")
                .status())
        .isEqualTo(200);
  }

  private static ObjectNode json(Request request) {
    try {
      return (ObjectNode) JSON.readTree(request.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The alerts that were sent and accepted, without repetitions, as type and subject. */
  private List<String> told() {
    return operator.requests().stream()
        .map(AlertsTest::json)
        .map(alert -> alert.path("type").asText() + " " + alert.path("subject").asText())
        .distinct()
        .toList();
  }

  private void awaitTold(String... alerts) {
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(told()).containsExactly(alerts));
  }

  @Test
  void tellsThatAWebhookFailsAndThatItHasRecovered() throws Exception {
    start(
        Map.of(
            "webhooks.alert.signing.secret",
            SECRET,
            "webhooks.alert.headers.Authorization",
            "Bearer hush"));
    Instant begin = Instant.now();
    webhook.answer(Answer.status(503));
    send("m-1");
    awaitTold("dromedary.webhook.failing default/1");
    webhook.answer(Answer.status(200));
    send("m-2");
    awaitTold("dromedary.webhook.failing default/1", "dromedary.webhook.recovered default/1");

    Request first = operator.requests().get(0);
    ObjectNode failing = json(first);
    String id = failing.path("id").asText();
    Instant time = Instant.parse(failing.path("time").asText());
    assertThat(time).isBetween(begin, Instant.now());
    ObjectNode data = (ObjectNode) failing.get("data");
    assertThat(Instant.parse(data.remove("since").asText())).isBetween(begin, time);
    assertThat(data.remove("attempts").asLong()).isBetween(2L, 1000L);
    assertThat(Instant.parse(data.remove("firstExpiresAt").asText()))
        .isBetween(
            begin.plus(Duration.ofHours(4)).minusSeconds(10), time.plus(Duration.ofHours(4)));
    assertThat(failing.remove("source").asText()).matches("/dromedary/[A-Za-z0-9._-]+");
    assertThat(failing)
        .isEqualTo(
            JSON.readTree(
                ("{'specversion':'1.0','id':'%s','type':'dromedary.webhook.failing',"
                        + "'subject':'default/1','time':'%s','timestamp':'%s',"
                        + "'datacontenttype':'application/json',"
                        + "'data':{'class':'5xx','waiting':1}}")
                    .formatted(id, time, time)
                    .replace('\'', '"')));
    assertThat(first.method() + " " + first.path()).isEqualTo("POST /alerts?token=hush");
    assertThat(first.header("Content-Type")).isEqualTo("application/cloudevents+json");
    assertThat(first.header("Authorization")).isEqualTo("Bearer hush");
    assertThat(first.header("webhook-id")).isEqualTo(id);
    assertThat(first.header("webhook-signature"))
        .isEqualTo(
            new StandardWebhooksSigner(List.of(SECRET))
                .signature(id, first.header("webhook-timestamp"), first.body()));
    assertThat(json(operator.requests().get(1)).path("data").path("deadMeanwhile").asInt(-1))
        .isZero();
    // Alerts contain no path, no query and no payload.
    assertThat(operator.requests())
        .allSatisfy(
            request -> assertThat(request.text()).doesNotContain("hush", "127.0.0.1", "m-1"));
    assertThat(Http.send("GET", application.url("/observe/metrics")).body())
        .contains("dromedary_alerts_total{kind=\"webhook.failing\"} 1.0")
        .contains("dromedary_alerts_total{kind=\"webhook.recovered\"} 1.0")
        .contains("dromedary_alerts_total{kind=\"store.failing\"} 0.0");
  }

  /** Until the operator's receiver is up, the alert is in the outbox and survives restarts. */
  @Test
  void tellsWhoWasDownAtFirstOnceHeIsThere() throws Exception {
    operator.answer(Answer.status(500));
    start(Map.of());
    webhook.answer(Answer.status(503));
    send("m-1");
    operator.awaitCount(2, AT_MOST);
    application.close();
    operator.pause();
    start(Map.of());
    operator.answer(Answer.status(200));
    int before = operator.count();
    operator.resume();
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(operator.count()).isGreaterThan(before));

    // The state has survived, too, so there is no second alert.
    webhook.answer(Answer.status(200));
    awaitTold("dromedary.webhook.failing default/1", "dromedary.webhook.recovered default/1");
    assertThat(operator.requests().stream().map(each -> json(each).path("id").asText()).distinct())
        .hasSize(2);
  }

  @Test
  void tellsOfDeadLettersAtOnceAndThenTogether() {
    SettableClock clock = new SettableClock(Instant.now());
    webhook.answer(Answer.status(410));
    start(Map.of(), Map.of("dromedary-clock", clock));
    send("m-1");
    awaitTold("dromedary.dead-letters.new default rejected 4xx");
    for (int i = 2; i < 6; i++) {
      send("m-" + i);
      // One after the other: the first to die is the sample.
      String count = "\"count\":" + i + ",";
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(
                          Http.send("GET", application.url("/dromedary/dead-letters/count")).body())
                      .contains(count));
    }
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(counted()).isEqualTo(4));
    clock.advance(Duration.ofHours(1));
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(operator.count()).isEqualTo(2));

    assertThat(operator.requests().stream().map(each -> json(each).path("data").toString()))
        .containsExactly(
            "{\"destination\":\"default\",\"reason\":\"rejected\",\"status\":\"4xx\",\"count\":1,"
                + "\"sample\":\"m-1\"}",
            "{\"destination\":\"default\",\"reason\":\"rejected\",\"status\":\"4xx\",\"count\":4,"
                + "\"sample\":\"m-2\"}");
  }

  /** The number of dead letters that are counted in rows but not sent yet. */
  private long counted() throws Exception {
    return Alerts.of(application.context()).rows().stream()
        .filter(row -> row.kind().equals(DeadLetterRule.KIND))
        .mapToLong(io.dromedary.outbox.AlertRow::count)
        .sum();
  }

  @Test
  void tellsThatEventsAreLate() throws Exception {
    SettableClock clock = new SettableClock(Instant.now());
    webhook.answer(Answer.status(503));
    start(
        Map.of("webhooks.down.detection", "off", "webhooks.retry.in-memory", "0s"),
        Map.of("dromedary-clock", clock));
    send("m-1");
    webhook.awaitCount(1, AT_MOST);
    clock.advance(Duration.ofHours(2));
    awaitTold("dromedary.delivery.late default");
    clock.advance(Duration.ofMinutes(100));
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(operator.count()).isEqualTo(2));

    JsonNode data = json(operator.requests().get(1)).path("data");
    assertThat(data.path("percentOfWindow").asInt()).isBetween(90, 92);
    assertThat(data.path("waiting").asInt()).isEqualTo(1);
  }

  /** The operator's receiver may be any server. */
  @Test
  void aReceiverOfAlertsThatHangsHoldsNobodyUp() throws Exception {
    operator.answer(Answer.hang());
    webhook.answer(Answer.status(410));
    start(Map.of());
    for (int i = 0; i < 5; i++) {
      send("m-" + i);
    }
    operator.awaitCount(1, AT_MOST);
    webhook.answer(Answer.status(200));
    for (int i = 0; i < 100; i++) {
      send("n-" + i);
    }

    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () ->
                assertThat(webhook.messageIds().keySet().stream().filter(id -> id.startsWith("n-")))
                    .hasSize(100));
    assertThat(Alerts.of(application.context()).rows()).isNotEmpty();
    // A stop waits for the attempt, until its time-out.
    operator.pause();
  }

  @Test
  void anyCamelEndpointIsTold() throws Exception {
    Path alerts = folder.resolve("alerts.jsonl");
    webhook.answer(Answer.status(410));
    start(
        Map.of(
            "webhooks.alert",
            "file:" + folder + "?fileName=alerts.jsonl&fileExist=Append&appendChars=%0A"));
    send("m-1");

    await().atMost(AT_MOST).until(() -> Files.exists(alerts) && Files.size(alerts) > 0);
    try (Stream<String> lines = Files.lines(alerts, UTF_8)) {
      assertThat(lines)
          .singleElement()
          .asString()
          .contains("\"type\":\"dromedary.dead-letters.new\"");
    }
  }

  @Test
  void whatWasToldIsInTheApiAndOnThePage() throws Exception {
    webhook.answer(Answer.status(410));
    start(Map.of());
    send("m-1");
    awaitTold("dromedary.dead-letters.new default rejected 4xx");

    JsonNode answer =
        JSON.readTree(Http.send("GET", application.url("/dromedary/api/alerts")).body());
    JsonNode row = answer.path("alerts").get(0);
    assertThat(answer.path("open").asInt()).isEqualTo(1);
    assertThat(answer.path("alerts")).hasSize(1);
    assertThat(row.path("about").asText() + " " + row.path("subject").asText())
        .isEqualTo("dead-letters default rejected 4xx");
    assertThat(row.path("open").asBoolean()).isTrue();
    assertThat(row.path("alert")).isEqualTo(json(operator.requests().get(0)));
    assertThat(Http.send("GET", application.url("/dromedary/api/alerts?x=1")).status())
        .isEqualTo(400);
    assertThat(Http.send("DELETE", application.url("/dromedary/api/alerts")).status())
        .isEqualTo(405);
    String page =
        Http.send("GET", application.url("/dromedary/alerts"), "Accept", "text/html").body();
    assertThat(PageText.of(page))
        .contains("Alerts go to http://127.0.0.1:" + operator.port() + ".")
        .contains("dead-letters default rejected 4xx")
        .contains("new dead letters")
        .doesNotContain("hush");
  }

  /** Without webhooks.alert, alerts cost nothing. */
  @Test
  void nothingIsKeptWhereNobodyIsTold() throws Exception {
    webhook.answer(Answer.status(410));
    Map<String, String> settings = Map.of("webhooks.urls", webhook.url());
    application = Application.start(folder, settings);
    send("m-1");
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        Http.send("GET", application.url("/dromedary/dead-letters/count")).body())
                    .contains("\"count\":1"));

    assertThat(Alerts.of(application.context())).isNull();
    assertThat(Http.send("GET", application.url("/dromedary/api/alerts")).body())
        .isEqualTo("{\"alerts\":[],\"message\":\"no alerts are sent: webhooks.alert is not set\"}");
    assertThat(Http.send("GET", application.url("/dromedary/alerts"), "Accept", "text/html").body())
        .contains("No alerts are sent: webhooks.alert is not set.");
    assertThat(application.context().getRoute("dromedary-alerts")).isNull();
    assertThat(Http.send("GET", application.url("/observe/metrics")).body())
        .doesNotContain("dromedary_alerts_total");
  }
}
