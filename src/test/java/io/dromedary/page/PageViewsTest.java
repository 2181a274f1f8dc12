package io.dromedary.page;

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
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the text of the overview and of the webhook views, over HTTP. */
@Timeout(60)
class PageViewsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Application application;

  private void start(Map<String, String> settings) {
    Map<String, String> all =
        new HashMap<>(
            Map.of("webhooks.urls", receiver.url("/secret-path"), "webhooks.retry.jitter", "0"));
    all.putAll(settings);
    application = Application.start(folder, all);
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  private void send(String messageId) {
    Response answer =
        Http.post(
            application.url("/v1/track"),
            json("{'userId':'u','event':'e','messageId':'" + messageId + "'}"));
    assertThat(answer).hasToString("200 {\"success\":true}");
  }

  private Response get(String path) {
    return Http.send("GET", application.url("/dromedary" + path), "Accept", "text/html");
  }

  private String text(String path) {
    Response page = get(path);
    assertThat(page.status()).as(page.body()).isEqualTo(200);
    return PageText.of(page.body());
  }

  private Response post(String path, String form) {
    return Http.post(
        application.url("/dromedary" + path), form, "Accept", "text/html", "Origin", origin());
  }

  private String origin() {
    return application.url("");
  }

  private void awaitText(String path, String... parts) {
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(text(path)).contains(parts));
  }

  @Test
  void beforeTheFirstEventTheOverviewSaysHowToSendOne() {
    start(Map.of());

    assertThat(text(""))
        .contains(
            "No event yet. Send one:",
            "curl -X POST http://127.0.0.1:" + application.port() + "/v1/track -d",
            "default/1",
            receiver.url(),
            "up",
            "Dead letters since the start: none. The store is well: jdbc:sqlite:")
        .doesNotContain("secret-path");
  }

  @Test
  void theOverviewHasARowAWebhookAndProblemsFirst() throws Exception {
    start(
        Map.of(
            "webhooks.down.after", "1ms",
            "webhooks.down.attempts", "2",
            "webhooks.down.events", "1",
            "webhooks.retry.initial-delay", "10ms",
            "webhooks.destination.gone.urls", "http://127.0.0.1:1/hook",
            "webhooks.destination.gone.retry.initial-delay", "10ms",
            "webhooks.destination.gone.down.after", "1ms",
            "webhooks.destination.gone.down.attempts", "2",
            "webhooks.destination.gone.down.events", "1"));
    send("m-1");

    awaitText(
        "",
        "gone/1 is down since",
        "(the connection was refused). 1 waits; the first expires",
        "next probe");
    awaitText("", "100 %", "Accepted 2 since the start", "Delivered 1 since the start");
    String text = text("");
    assertThat(text.lastIndexOf("gone/1")).isLessThan(text.lastIndexOf("default/1"));

    JsonNode overview =
        new ObjectMapper()
            .readTree(Http.send("GET", application.url("/dromedary/api/overview?range=6h")).body());
    assertThat(overview.at("/webhooks/0/destination").asText()).isEqualTo("gone");
    assertThat(overview.at("/webhooks/0/state").asText()).isEqualTo("down");
    assertThat(overview.at("/webhooks/1/accepted").asLong()).isEqualTo(1);
    assertThat(overview.at("/sinceStart/accepted").asLong()).isEqualTo(2);
    assertThat(overview.at("/store/up").asBoolean()).isTrue();
  }

  @Test
  void aWebhookSaysHowAttemptsFailedAndWhatToDo() {
    start(Map.of("webhooks.retry.initial-delay", "10ms"));
    receiver.answer(Answer.status(401).body("<script>alert('bad signature')</script>"));
    send("m-<b>1</b>");

    awaitText(
        "/webhooks/default/1",
        "default/1 " + receiver.url(),
        "State up since",
        "Attempts, last 1h",
        "0 % accepted",
        "Errors, last 1h",
        "4xx 1",
        "401 or 403: was a secret or a header changed?",
        "1 sample",
        "m-<b>1</b>",
        "<script>alert('bad signature')</script>");
    assertThat(get("/webhooks/default/1").body())
        .doesNotContain("<script>alert", "<b>1</b>", "secret-path");
  }

  @Test
  void aTestEventIsSentAtOnce() {
    start(Map.of());

    Response done = post("/webhooks/default/1", "do=test");

    assertThat(PageText.of(done.body())).contains("Test event check-", "accepted, 200 in");
    assertThat(receiver.requests()).hasSize(1);
    receiver.answer(Answer.status(503).body("busy"));
    assertThat(PageText.of(post("/webhooks/default/1", "do=test").body()))
        .contains("not accepted: answered 503");
  }

  @Test
  void aWebhookThatIsDownIsProbedWhenSomebodyWantsIt() {
    int port = Application.freePort();
    start(
        Map.of(
            "webhooks.urls", "http://127.0.0.1:" + port + "/hook",
            "webhooks.down.after", "1ms",
            "webhooks.down.attempts", "2",
            "webhooks.down.events", "1",
            "webhooks.down.probe-interval", "10s",
            "webhooks.retry.initial-delay", "10ms"));
    send("m-1");
    awaitText(
        "/webhooks/default/1",
        "State down since",
        "In flight 0; only probes are sent while it is down",
        "Probe now");
    // The first probe is made at once, so this waits for the next one.
    awaitText("/webhooks/default/1", "next probe in");

    Response done = post("/webhooks/default/1", "do=probe");

    assertThat(PageText.of(done.body()))
        .contains("The next event that waits for it is sent within a second, as a probe.");
  }

  @Test
  void withoutAHistoryItSaysSo() {
    start(Map.of("webhooks.history", "off"));
    send("m-1");

    awaitText(
        "",
        "There is no history of attempts (webhooks.history = off). Rates, shares and durations are"
            + " not known.");
    awaitText(
        "/webhooks/default/1",
        "There is no history of attempts (webhooks.history = off). Counts are since the start.",
        "Accepted 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/webhooks",
        "/webhooks/default",
        "/webhooks/default/2",
        "/webhooks/default/0",
        "/webhooks/default/99999999999",
        "/webhooks/other/1",
        "/webhooks/default/1/2",
        "/%3Cscript%3E"
      })
  void whatThereIsNotIsSaid(String path) {
    start(Map.of());

    Response page = get(path);

    assertThat(page.status()).isEqualTo(404);
    assertThat(PageText.of(page.body())).contains("Not found There is no such");
  }

  @Test
  void aRangeThatThereIsNotIsSaid() {
    start(Map.of());

    Response page = get("?range=2h");

    assertThat(page.status()).isEqualTo(400);
    assertThat(PageText.of(page.body()))
        .contains("range: expected 1h, 6h, 24h, 7d or 30d, found another");
  }

  @Test
  void linksAreRelativeSoThatAnyPrefixDoes() {
    start(Map.of("camel.server.path", "/below/here", "webhooks.management.path", "/ops/hooks"));
    String base = application.url("/below/here/ops/hooks");

    Response page = Http.send("GET", base);
    Response deep = Http.send("GET", base + "/webhooks/default/1");

    assertThat(page.body())
        .contains("href=\"hooks/page.css\"", "href=\"hooks/webhooks/default/1\"");
    assertThat(Http.send("GET", base + "/").body()).contains("href=\"page.css\"");
    assertThat(deep.body()).contains("href=\"../../page.css\"");
    assertThat(Http.send("GET", base + "/page.css").status()).isEqualTo(200);
    assertThat(page.body() + deep.body()).doesNotContainPattern("(href|src|action)=\"(/|[a-z]+:)");
  }

  @Test
  void whoHasThePageGetsItOnlyIfItHasChanged() {
    start(Map.of());
    String url = application.url("/dromedary/webhooks/default/1?range=24h");
    Response page = Http.send("GET", url);

    Response again = Http.send("GET", url, "If-None-Match", page.headers("ETag").get(0));

    assertThat(again.status()).isIn(200, 304);
    assertThat(again.status() == 304).isEqualTo(again.body().isEmpty());
  }
}
