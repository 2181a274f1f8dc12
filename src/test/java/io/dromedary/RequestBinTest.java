package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.SettableClock;
import io.dromedary.testing.Signatures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first run with the packaged settings, and the request bin that shows its requests. */
class RequestBinTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The secret of the packaged settings. */
  private static final String SECRET = "change-me";

  private static final String TIME = "2026-01-02T03:04:05.678Z";
  private static final String EVENT = "{\"event\":\"Café\",\"n\":1}";
  private static final String SIGNATURE = sign(EVENT);

  @TempDir static Path shippedFolder;
  private static Application shipped;

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  /** Shared by all tests that do not depend on earlier requests. */
  private Application application = shipped;

  @BeforeAll
  static void startShipped() {
    shipped = start(shippedFolder, Map.of());
  }

  @AfterAll
  static void closeShipped() {
    shipped.close();
  }

  @AfterEach
  void close() {
    if (application != shipped) {
      application.close();
    }
  }

  private void start(Map<String, String> settings) {
    application = start(folder, settings);
  }

  private static Application start(Path folder, Map<String, String> settings) {
    return Application.start(
        folder, settings, Map.of("dromedary-clock", new SettableClock(Instant.parse(TIME))));
  }

  private static String sign(String body) {
    return Signatures.hmacSha1(SECRET, body.getBytes(UTF_8));
  }

  private String post(String path, String body) throws IOException, InterruptedException {
    return post(path, body, "application/json", null);
  }

  private String post(String path, String body, String contentType, @Nullable String signature)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(application.url(path)))
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofString(body));
    if (signature != null) {
      request.header("X-Signature", signature);
    }
    HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(application.url(path))).build(), BodyHandlers.ofString());
  }

  private JsonNode page() throws IOException, InterruptedException {
    HttpResponse<String> page = get("/bin");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type")).hasValue("application/json");
    return JSON.readTree(page.body());
  }

  private JsonNode newest() throws IOException, InterruptedException {
    return page().at("/requests/0");
  }

  /** A request as the page shows it. Its body is JSON. */
  private static JsonNode arrival(String signature, String body) throws IOException {
    return JSON.readTree(
        "{\"at\":\"%s\",\"signature\":\"%s\",\"body\":%s}".formatted(TIME, signature, body));
  }

  /** A page with one request. */
  private static JsonNode pageOf(String signature, String body) throws IOException {
    return JSON.createObjectNode()
        .put("count", 1)
        .set("requests", JSON.createArrayNode().add(arrival(signature, body)));
  }

  private void awaitPage(JsonNode page) {
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(page()).isEqualTo(page));
  }

  @Test
  void nothingHasArrivedAtFirst() throws Exception {
    start(Map.of());

    assertThat(page()).isEqualTo(JSON.readTree("{\"count\":0,\"requests\":[]}"));
  }

  @Test
  void anEventIsShownWithItsSignatureFoundValid() throws Exception {
    start(Map.of());

    String answer =
        post("/v1/track", "{\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"m-1\"}");

    assertThat(answer).isEqualTo("{\"success\":true}");
    awaitPage(
        pageOf(
            "valid",
            "{\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"m-1\",\"type\":\"track\",\"version\":1,"
                + "\"receivedAt\":\"%s\",\"timestamp\":\"%s\"}".formatted(TIME, TIME)));
  }

  @Test
  void aBatchIsShownWithItsSignatureFoundValid() throws Exception {
    start(Map.of("webhooks.batch.size", "2"));

    String answer =
        post(
            "/v1/batch",
            "{\"batch\":[{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"m-1\"},"
                + "{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"m-2\"}]}");

    assertThat(answer).isEqualTo("{\"success\":true}");
    String event =
        "{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"m-%d\",\"version\":1,\"receivedAt\":\"%s\","
            + "\"timestamp\":\"%s\"}";
    awaitPage(
        pageOf(
            "valid",
            "[" + event.formatted(1, TIME, TIME) + "," + event.formatted(2, TIME, TIME) + "]"));
  }

  @Test
  void withoutASecretThereIsNothingToVerify() throws Exception {
    Files.writeString(folder.resolve("application.properties"), "");
    start(Map.of());

    post("/bin", EVENT, "application/json", SIGNATURE);

    assertThat(page()).isEqualTo(pageOf("none", EVENT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard-webhooks", "x-signature,standard-webhooks"})
  void anEventIsVerifiedByEverySchemeThatSignsIt(String schemes) throws Exception {
    start(
        Map.of(
            "webhooks.signing.scheme",
            schemes,
            "webhooks.signing.secret",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));

    post("/v1/track", "{\"userId\":\"u\",\"event\":\"Sold\"}");

    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(newest().path("signature").asText()).isEqualTo("valid"));
    post("/bin", EVENT, "application/json", SIGNATURE);
    assertThat(newest().path("signature").asText())
        .isEqualTo(schemes.startsWith("x") ? "wrong" : "missing");
  }

  static Stream<Arguments> signatures() {
    String batch = "[" + EVENT + ",{}]";
    return Stream.of(
        arguments(EVENT, SIGNATURE, "valid"),
        arguments(EVENT, null, "missing"),
        arguments(EVENT, "", "wrong"),
        arguments(EVENT, SIGNATURE.replace('a', 'b'), "wrong"),
        arguments(EVENT, sign(EVENT + " "), "wrong"),
        arguments(EVENT, Signatures.hmacSha1("another", EVENT.getBytes(UTF_8)), "wrong"),
        arguments(batch, SIGNATURE, "valid"),
        arguments(batch, sign(batch), "wrong"),
        arguments("[]", SIGNATURE, "wrong"),
        arguments("[1]", SIGNATURE, "wrong"));
  }

  @ParameterizedTest
  @MethodSource("signatures")
  void aSignatureIsVerifiedAsAReceiverWould(
      String body, @Nullable String signature, String expected) throws Exception {
    assertThat(post("/bin", body, "application/json", signature)).isEqualTo("{\"success\":true}");

    assertThat(newest()).isEqualTo(arrival(expected, body));
  }

  /** A webhook may receive anything, and the page has to show it. */
  @ParameterizedTest
  @ValueSource(
      strings = {"not json", "{\"a\":1", "{} {}", "1,2", "\"}],\"count\":7", "<html>", "\ufeff{}"})
  void aBodyThatIsNotJsonIsShownAsText(String body) throws Exception {
    post("/bin", body, "text/plain", sign(body));

    assertThat(newest()).isEqualTo(arrival("valid", JSON.writeValueAsString(body)));
  }

  @Test
  void anEmptyBodyIsShownAsEmptyText() throws Exception {
    post("/bin", "", "application/json", sign(""));

    assertThat(newest()).isEqualTo(arrival("valid", "\"\""));
  }

  /** curl's default Content-Type. */
  @Test
  void aBodyThatCallsItselfAFormIsVerifiedAsItCame() throws Exception {
    post("/bin", EVENT, "application/x-www-form-urlencoded", SIGNATURE);

    assertThat(newest()).isEqualTo(arrival("valid", EVENT));
  }

  @Test
  void theLastHundredAreShownNewestFirst() throws Exception {
    start(Map.of());

    for (int i = 1; i <= 101; i++) {
      post("/bin", "{\"n\":" + i + "}");
    }

    JsonNode page = page();
    assertThat(page.get("count").asInt()).isEqualTo(101);
    assertThat(page.get("requests").findValuesAsText("n"))
        .hasSize(100)
        .startsWith("101", "100")
        .endsWith("3", "2");
  }

  /** The request bin does not authenticate anybody. */
  @Test
  void beyondLoopbackThereIsNone() throws Exception {
    start(
        Map.of(
            "camel.server.host", "0.0.0.0",
            "camel.management.port", Integer.toString(Application.freePort()),
            "webhooks.write-key.secret", "abc",
            "webhooks.urls", "http://127.0.0.1:9"));

    assertThat(get("/bin").statusCode()).isEqualTo(404);
  }
}
