package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.console.DevConsole;
import org.apache.camel.support.PluginHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The health that an operator sees, and who may see it. */
class HealthTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings =
      new HashMap<>(Map.of("webhooks.urls", receiver.url("/hush")));

  @AfterEach
  void close() {
    receiver.close();
  }

  private static JsonNode check(String url, String id) throws IOException {
    Http.Response answer = Http.send("GET", url + "?exposureLevel=full&data=true");
    for (JsonNode check : JSON.readTree(answer.body()).get("checks")) {
      if (check.get("name").asText().equals(id)) {
        return check;
      }
    }
    throw new AssertionError("no check " + id + " in " + answer);
  }

  @Test
  void isServedBesideTheTrackingApi() throws Exception {
    try (Application application = Application.start(folder, settings)) {
      String url = application.url("/observe/health");

      assertThat(Http.send("GET", url)).hasToString("200 {\"status\":\"UP\"}");
      assertThat(Http.send("GET", url + "/ready")).hasToString("200 {\"status\":\"UP\"}");
      assertThat(Http.send("GET", url + "/live")).hasToString("200 {\"status\":\"UP\"}");
      JsonNode outbox = check(url, "outbox");
      assertThat(outbox.get("status").asText()).isEqualTo("UP");
      assertThat(outbox.at("/data/store").asText()).isEqualTo("sqlite");
      assertThat(outbox.at("/data/destinations").asText()).isEqualTo("default");
      assertThat(outbox.at("/data/message ids forgotten early").asInt(-1)).isZero();
    }
  }

  @Test
  void aWebhookThatIsDownIsToldAndIsNotOurFault() throws Exception {
    receiver.answer(Answer.status(500));
    settings.put("webhooks.down.after", "1s");
    try (Application application = Application.start(folder, settings)) {
      for (int i = 0; i < 20; i++) {
        Http.Response answer =
            Http.post(
                application.url("/v1/track"),
                "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m" + i + "\"}");
        assertThat(answer.status()).isEqualTo(200);
      }
      String url = application.url("/observe/health");

      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(
                          check(url, "webhooks-default")
                              .at("/data")
                              .get("webhook 1 " + receiver.url())
                              .asText())
                      .startsWith("down since 20"));
      assertThat(check(url, "webhooks-default").get("status").asText()).isEqualTo("UP");
      assertThat(Http.send("GET", url)).hasToString("200 {\"status\":\"UP\"}");
      assertThat(Http.send("GET", url + "?exposureLevel=full&data=true").body())
          .doesNotContain("hush");
    }
  }

  /** The details are also printed by Camel's console. */
  @Test
  void whatWaitsIsToldInDetail() throws Exception {
    SettableClock clock = new SettableClock(Instant.now());
    receiver.answer(Answer.status(500));
    settings.put("webhooks.down.detection", "off");
    settings.put("webhooks.retry.in-memory", "0s");
    try (Application application =
        Application.start(folder, settings, Map.of("dromedary-clock", clock))) {
      for (int i = 0; i < 3; i++) {
        Http.Response answer =
            Http.post(
                application.url("/v1/track"),
                "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m" + i + "\"}");
        assertThat(answer.status()).isEqualTo(200);
      }
      receiver.awaitCount(3, AT_MOST);
      clock.advance(Duration.ofMinutes(2));

      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () -> {
                JsonNode data = check(application.url("/observe/health"), "outbox").at("/data");
                assertThat(data.path("waiting default").asInt(-1)).isEqualTo(3);
                assertThat(data.path("oldest default seconds").asInt(-1)).isBetween(120, 125);
                assertThat(data.path("overdue default seconds").asInt(-1)).isBetween(0, 125);
              });
      DevConsole console =
          PluginHelper.getDevConsoleResolver(application.context()).resolveDevConsole("dromedary");
      assertThat(console.call(DevConsole.MediaType.TEXT).toString())
          .contains("    waiting default: 3\n", "    oldest default seconds: 12");
    }
  }

  @Test
  void isServedOnLoopbackWhereTheTrackingApiIsNot() {
    int port = Application.freePort();
    settings.put("camel.server.host", "0.0.0.0");
    settings.put("webhooks.write-key.secret", "key");
    settings.put("camel.management.port", Integer.toString(port));
    try (Application application = Application.start(folder, settings)) {
      assertThat(Http.send("GET", "http://127.0.0.1:" + port + "/observe/health"))
          .hasToString("200 {\"status\":\"UP\"}");
      assertThat(Http.send("GET", application.url("/observe/health")).status()).isEqualTo(404);
      assertThat(
              Http.post(
                      application.url("/v1/track"),
                      "{\"userId\":\"u\",\"event\":\"E\",\"writeKey\":\"key\"}")
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void isNotServedBeyondLoopbackWithoutAPassword() throws Exception {
    int port = Application.freePort();
    settings.put("camel.management.host", "0.0.0.0");
    settings.put("camel.management.port", Integer.toString(port));
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasMessage(
            "camel.management.host: found 0.0.0.0, where the health would be served to anybody,"
                + " expected a loopback address or camel.management.authenticationEnabled = true and"
                + " camel.management.basicPropertiesFile.");

    Path users = folder.resolve("users.properties");
    Files.writeString(users, "user.probe=secret,probe\n");
    settings.put("camel.management.authenticationEnabled", "true");
    settings.put("camel.management.basicPropertiesFile", users.toString());
    try (Application application = Application.start(folder, settings)) {
      String url = "http://127.0.0.1:" + port + "/observe/health";
      assertThat(application.port()).isNotEqualTo(port);
      assertThat(Http.send("GET", url).status()).isEqualTo(401);
      // probe:secret
      assertThat(Http.send("GET", url, "Authorization", "Basic cHJvYmU6c2VjcmV0"))
          .hasToString("200 {\"status\":\"UP\"}");
    }
  }

  /** Camel would require the password below this path only, and show the health to anybody. */
  @Test
  void aPasswordForOnePathDoesNotProtectTheOthers() throws Exception {
    Path users = folder.resolve("users.properties");
    Files.writeString(users, "user.probe=secret,probe\n");
    settings.put("camel.management.host", "0.0.0.0");
    settings.put("camel.management.port", Integer.toString(Application.freePort()));
    settings.put("camel.management.authenticationEnabled", "true");
    settings.put("camel.management.basicPropertiesFile", users.toString());
    settings.put("camel.management.path", "/admin");
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasMessage(
            "camel.management.path: found /admin, which leaves the health and other paths open to"
                + " anybody, expected camel.management.authenticationPath = /*");

    settings.put("camel.management.authenticationPath", "/observe/health");
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasMessageStartingWith(
            "camel.management.authenticationPath: found /observe/health, which");
  }

  @Test
  void doesNotShareAPortThatIsOpenToOthers() {
    settings.put("camel.server.host", "0.0.0.0");
    settings.put("webhooks.write-key.secret", "key");
    settings.put("camel.management.port", "{{camel.server.port}}");
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasMessage(
            "camel.server.host: found 0.0.0.0, where the health would be served to anybody, expected"
                + " another port for it (camel.management.port) or"
                + " camel.server.authenticationEnabled = true and camel.server.basicPropertiesFile.");
  }
}
