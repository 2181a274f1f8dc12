package io.dromedary;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Browser;
import io.dromedary.testing.Http;
import io.dromedary.testing.PackagedApplication;
import io.dromedary.testing.Receiver;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page of the packaged application, in a browser. */
@Timeout(180)
class PageIT {

  private static final Duration AT_MOST = Duration.ofSeconds(40);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A text that tries to open a dialogue, load an image, reverse text and end an attribute. */
  private static final String HOSTILE =
      "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u202e{{7*7}}</pre>";

  @TempDir Path home;
  private final Receiver receiver = Receiver.start();
  private Browser browser;
  private PackagedApplication application;

  @BeforeEach
  void open() {
    browser = Browser.open();
  }

  @AfterEach
  void close() {
    if (browser != null) {
      browser.close();
    }
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("WEBHOOKS_URLS", receiver.url("/hook"));
    application = PackagedApplication.start(home, all);
  }

  private void send(Map<String, Object> event) throws Exception {
    assertThat(Http.post(application.url("/v1/track"), JSON.writeValueAsString(event)).status())
        .isEqualTo(200);
  }

  private void send(String messageId) throws Exception {
    send(Map.of("userId", "u1", "event", "Sold", "messageId", messageId));
  }

  private void reject(String... messageIds) throws Exception {
    receiver.answer(Answer.status(401).body("no"));
    for (String messageId : messageIds) {
      send(messageId);
    }
    awaitDead(messageIds.length);
  }

  private void awaitDead(int count, String... headers) {
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                Http.send("GET", application.url("/dromedary/dead-letters/count"), headers)
                    .body()
                    .startsWith(json("{'count':") + count + ","));
  }

  private Browser visit(String below) {
    return browser.visit(application.url("/dromedary" + below));
  }

  private void awaitText(String text) {
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(browser.text()).contains(text));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  @Test
  void hostilePayloadsAreShownAsText() throws Exception {
    receiver.answer(Answer.status(400).body(HOSTILE));
    start(Map.of("WEBHOOKS_HEADERS_X_TEST", "<script>alert(3)</script>"));
    send(
        Map.of(
            "userId",
            HOSTILE,
            "event",
            HOSTILE,
            "messageId",
            HOSTILE,
            "properties",
            Map.of(HOSTILE, HOSTILE)));
    Http.post(application.url("/v1/track"), JSON.writeValueAsString(Map.of("event", HOSTILE)));
    awaitDead(2);
    // A character that reverses text is shown as another one.
    String shown = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

    for (String path :
        List.of(
            "",
            "/events",
            "/events/by-id?id=" + encoded(HOSTILE),
            "/dead-letters",
            "/webhooks/default/1")) {
      visit(path);
      if (path.startsWith("/")) {
        awaitAttempts(path, shown);
      }
      browser.assertUnharmed();
      assertThat(browser.elements("main script, main img, main iframe")).as(path).isEmpty();
    }
    for (String path :
        List.of(
            "/events?q=" + encoded(HOSTILE),
            "/events?q=" + encoded("user:\"<script>alert(1)</script>\""),
            "/dead-letters?type=" + encoded(HOSTILE),
            "/dead-letters?webhook=" + encoded(HOSTILE) + "&userId=" + encoded(HOSTILE))) {
      visit(path);
      browser.assertUnharmed();
      assertThat(browser.elements("main script, main img, main iframe")).as(path).isEmpty();
    }
  }

  /** Waits for attempts, which are written every few seconds. */
  private void awaitAttempts(String path, String shown) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              visit(path);
              assertThat(browser.text()).contains(shown);
            });
  }

  @Test
  void aReplayIsClickedThrough() throws Exception {
    start(Map.of());
    reject("m-1", "m-2", "m-3");
    receiver.answerBy(request -> Answer.status(request.text().contains("\"m-3\"") ? 503 : 200));

    visit("/dead-letters");
    assertThat(browser.texts("tbody .id")).containsExactlyInAnyOrder("m-1", "m-2", "m-3");
    browser.clickText("Dry run");
    assertThat(browser.text(".message"))
        .startsWith("A dry run, nothing was changed: 3 events would be replayed within 1.0 s.");
    browser.clickText("Replay");
    assertThat(browser.answerDialogue(false)).contains("Replay").contains("3 dead letters");
    assertThat(browser.texts("tbody .id")).hasSize(3);
    browser.clickText("Replay");
    browser.answerDialogue(true);

    awaitText("2 of 3 · 2 delivered");
    assertThat(browser.url()).endsWith("/dead-letters?replay=1");
    receiver.answer(Answer.status(401));
    awaitText("3 of 3 · 2 delivered · 1 dead again (401: 1)");
    browser.assertUnharmed();
    assertThat(application.log()).contains("dead-letters.replay by loopback: 3");
  }

  @Test
  void whatIsSelectedIsDeleted() throws Exception {
    start(Map.of());
    reject("m-1", "m-2");

    visit("/dead-letters").press("j").press("x");
    browser.choose("select[name=which]", "chosen").clickText("Delete");
    browser.answerDialogue(true);

    awaitText("1 dead letter deleted.");
    assertThat(browser.texts("tbody .id")).hasSize(1);
  }

  @Test
  void keysLeadToViews() throws Exception {
    start(Map.of());
    reject("m-1");

    visit("").press("g").press("d");
    await().atMost(AT_MOST).until(() -> browser.url().endsWith("/dead-letters"));
    browser.press("j").press("\n");
    await().atMost(AT_MOST).until(() -> browser.url().endsWith("/events/m-1"));
    browser.press("?");
    assertThat(browser.text("dialog[open]")).contains("next and previous row");
    browser.clickText("Close").press("/");
    browser.press("type:track id:m-", "\n");
    await().atMost(AT_MOST).until(() -> browser.url().endsWith("q=type%3Atrack+id%3Am-"));
    browser.assertUnharmed();
  }

  @Test
  void viewsRenewThemselves() throws Exception {
    start(Map.of());
    visit("/dead-letters");
    assertThat(browser.text("main")).contains("There are none.");

    reject("m-1");
    visit("/dead-letters");
    browser.evaluate("window.isTheSame = true");
    send("m-2");
    awaitDead(2);

    awaitText("m-2");
    assertThat(browser.evaluate("window.isTheSame")).isEqualTo(true);
    browser.assertUnharmed();
  }

  @Test
  void formsWorkWithoutJavaScript() throws Exception {
    start(Map.of());
    reject("m-1", "m-2");
    receiver.answer(Answer.status(200));

    browser.withoutJavaScript();
    visit("/dead-letters");
    browser.choose("select[name=reason]", "rejected").clickText("Filter");
    // A driver may return from a click before the form is sent.
    await().atMost(AT_MOST).until(() -> browser.url().contains("reason=rejected"));
    browser.clickText("Replay");

    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              visit("/dead-letters?replay=1");
              assertThat(browser.text()).contains("2 of 2 · 2 delivered");
            });
    browser.type("header input[type=search]", "m-1").enter("header input[type=search]");
    await().atMost(AT_MOST).until(() -> browser.url().endsWith("/events?q=m-1"));
  }

  @Test
  void whoMayOnlyReadSeesNoButtonsAndMaskedPayloads() throws Exception {
    start(
        Map.of(
            "WEBHOOKS_MANAGEMENT_SECRET",
            "the-secret",
            "WEBHOOKS_MANAGEMENT_READ_ONLY_SECRET",
            "the-readers",
            "WEBHOOKS_MANAGEMENT_PAYLOADS",
            "all"));
    receiver.answer(Answer.status(400).body("who is a@b.example?"));
    send(
        Map.of(
            "userId",
            "u1",
            "event",
            "Sold",
            "messageId",
            "m-1",
            "properties",
            Map.of("email", "a@b.example")));
    awaitDead(1, "Authorization", "Bearer the-secret");

    browser.logIn("ann", "the-readers");
    visit("/events/m-1");
    assertThat(browser.text()).contains("\"email\":\"•••\"").doesNotContain("a@b.example");
    assertThat(browser.texts("main form button")).isEmpty();
    visit("/dead-letters");
    assertThat(browser.texts("main form button")).containsExactly("Filter");
    browser.assertUnharmed();
  }
}
