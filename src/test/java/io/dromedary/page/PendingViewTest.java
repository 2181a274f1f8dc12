package io.dromedary.page;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Receiver;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the view of pending events and its forms, over HTTP. */
@Timeout(60)
class PendingViewTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String HOSTILE = "<script>alert(1)</script>\u202e\"' onload=x";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Application application;

  private void start(Map<String, String> settings) {
    receiver.answer(Answer.status(503).body("busy <img src=x>"));
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "webhooks.urls",
                receiver.url(),
                "webhooks.retry.in-memory",
                "0s",
                "webhooks.retry.initial-delay",
                "1h",
                "webhooks.retry.max-delay",
                "1h"));
    all.putAll(settings);
    application = Application.start(folder, all);
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
            json("{'event':'e','userId':'" + userId + "','messageId':'" + messageId + "'}"));
    assertThat(answer).hasToString("200 {\"success\":true}");
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(text("?messageId=" + encoded(messageId)))
                    .contains(receiver.url() + " 5xx answered 503"));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Response get(String query, String... headers) {
    String[] all = new String[headers.length + 2];
    all[0] = "Accept";
    all[1] = "text/html";
    System.arraycopy(headers, 0, all, 2, headers.length);
    return Http.send("GET", application.url("/dromedary/pending" + query), all);
  }

  private String text(String query) {
    return PageText.of(get(query).body());
  }

  private String post(String query, String form) {
    return PageText.of(
        Http.post(
                application.url("/dromedary/pending" + query),
                form,
                "Accept",
                "text/html",
                "Origin",
                application.url(""))
            .body());
  }

  private String id(String query) {
    Matcher id = Pattern.compile("name=\"id\" value=\"(\\d+)\"").matcher(get(query).body());
    assertThat(id.find()).isTrue();
    return id.group(1);
  }

  @Test
  void whereNothingWaitsItSaysSo() {
    start(Map.of());

    assertThat(text("")).contains("Nothing waits.");
    assertThat(text("?type=page")).contains("Nothing that matches waits.");
  }

  @Test
  void anEventSaysWhyItWaits() {
    start(Map.of());
    send("m-1", "ann");

    assertThat(text(""))
        .contains("m-1 track default", "the retry schedule", "answered 503: busy <img src=x> 1");
    assertThat(text("?count=yes")).contains("1 event matches.");
    assertThat(Http.send("GET", application.url("/dromedary/pending")).body())
        .startsWith("{\"pending\":[{\"id\":");
  }

  @Test
  void whatStrangersSendIsShownAsText() {
    start(Map.of());
    String id = "m-" + HOSTILE.replace("\"", "").replace("'", "");
    send(id, "u");

    String page = get("").body();

    assertThat(page).contains("m-&lt;script&gt;alert(1)&lt;/script&gt;\ufffd onload=x");
    assertThat(page).doesNotContain("<script>alert", "<img src=x");
    assertThat(page).contains("href=\"events/by-id?id=m-%3Cscript%3E");
    String hostile = encoded(HOSTILE);
    for (String name : new String[] {"type", "messageId", "userId", "destination", "webhook"}) {
      assertThat(get("?" + name + "=" + hostile).body())
          .doesNotContain("<script>alert", "\" onload", "' onload");
    }
  }

  @Test
  void whatIsSelectedIsSentAtOnce() {
    start(Map.of());
    send("m-1", "ann");
    send("m-2", "bob");
    receiver.answer(Answer.status(200));

    assertThat(post("", "do=try-now&which=selected&id=" + id("?messageId=m-1")))
        .contains("1 event is due now.");

    await().atMost(AT_MOST).untilAsserted(() -> assertThat(text("")).doesNotContain("m-1"));
    assertThat(text("")).contains("m-2");
  }

  @Test
  void allThatMatchIsGivenUpOrDeleted() {
    start(Map.of());
    send("m-1", "ann");
    send("m-2", "bob");

    assertThat(post("?userId=ann", "do=give-up&which=all"))
        .contains("1 event is a dead letter now, of the reason cancelled.", "Nothing that matches");
    assertThat(post("", "do=delete&which=all")).contains("1 event is deleted for good.");
    assertThat(text("")).contains("Nothing waits.");
    assertThat(Http.send("GET", application.url("/dromedary/dead-letters/count")).body())
        .isEqualTo(json("{'count':1,'byReason':{'cancelled':1}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "do=delete | Nothing is selected: select events, or all that match.",
        "do=delete&which=selected&id=x | id: found \"x\", expected 1 to 1,000 numbers separated by commas",
        "do=burn&which=all | do: expected try-now, give-up or delete, found another",
        "which=all | do: expected try-now, give-up or delete, found another",
      })
  void aFormThatSaysNothingDoesNothing(String form, String message) {
    start(Map.of());
    send("m-1", "ann");

    assertThat(post("", form)).contains(message, "m-1");
  }

  @Test
  void aFilterThatIsNoneIsSaid() {
    start(Map.of());

    Response page = get("?status=600");

    assertThat(page.status()).isEqualTo(400);
    assertThat(PageText.of(page.body()))
        .contains(
            "status: found \"600\", expected a status such as 503, a class such as 5xx, or none");
  }

  @Test
  void aReaderSeesNoButton() {
    start(
        Map.of(
            "webhooks.management.secret", "full",
            "webhooks.management.read-only.secret", "look"));

    assertThat(get("", "Authorization", "Bearer look").body())
        .contains("Nothing waits.")
        .doesNotContain("name=\"do\"");
    assertThat(
            Http.send(
                    "GET",
                    application.url("/dromedary/webhooks/default/1"),
                    "Authorization",
                    "Bearer look")
                .body())
        .doesNotContain("name=\"do\"");
  }

  @Test
  void pagesFollowEachOther() {
    start(Map.of("webhooks.retry.in-memory", "0s"));
    StringBuilder batch = new StringBuilder("{\"batch\":[");
    for (int i = 0; i < 51; i++) {
      batch.append(i == 0 ? "" : ",");
      batch.append("{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u\",\"messageId\":\"n-");
      batch.append(i).append("\"}");
    }
    assertThat(Http.post(application.url("/v1/batch"), batch + "]}").status()).isEqualTo(200);

    Matcher next = Pattern.compile("href=\"(pending\\?after=\\d+)\">Next").matcher(get("").body());
    assertThat(next.find()).isTrue();
    Response second =
        Http.send("GET", application.url("/dromedary/" + next.group(1)), "Accept", "text/html");
    assertThat(PageText.of(second.body())).contains("n-50", "First").doesNotContain("n-49");
  }
}
