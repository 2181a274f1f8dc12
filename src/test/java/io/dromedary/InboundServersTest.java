package io.dromedary;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.settings.InvalidSettingsException;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inbound endpoints with an HTTP server of their own behave like those of the shared server. */
@Timeout(60)
class InboundServersTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String EVENT = "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"e\"}";
  private static final String SUCCESS = "200 {\"success\":true}";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private final int port = Application.freePort();
  private Application application;

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(String scheme, String host, String path) {
    settings.put("webhooks.urls", receiver.url("/hook"));
    settings.put("webhooks.inbound", "%s:http://%s:%d%s".formatted(scheme, host, port, path));
    application = Application.start(folder, settings);
  }

  private String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  private void awaitArrivals(int count) {
    await().atMost(AT_MOST).until(() -> receiver.requests().size() == count);
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void itServesTheTrackingApiAtItsPath(String scheme) {
    start(scheme, "127.0.0.1", "/v1");

    assertThat(Http.post(url("/v1/track"), "{\"userId\":\"u\",\"event\":\"one\"}"))
        .hasToString(SUCCESS);
    assertThat(Http.post(url("/v1/batch"), "{\"batch\":[" + EVENT + "]}")).hasToString(SUCCESS);
    assertThat(Http.post(url("/v1/nonsense"), EVENT).status()).isEqualTo(404);
    assertThat(Http.send("GET", url("/v1/track")).status()).isEqualTo(405);
    assertThat(Http.post(url("/v1/track"), "{\"userId\":").status()).isEqualTo(400);
    awaitArrivals(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void anotherPathTakesAnyBody(String scheme) {
    start(scheme, "127.0.0.1", "/ingest");

    assertThat(Http.post(url("/ingest"), "[" + EVENT + "," + EVENT + "]")).hasToString(SUCCESS);

    awaitArrivals(2);
  }

  /** Bodies as SDKs send them, with any Content-Type. */
  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void bodiesAreTakenAsTheyCame(String scheme) throws IOException {
    start(scheme, "127.0.0.1", "/v1");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(("{\"batch\":[" + EVENT.replace("\"e\"", "\"Größe 🐪\"") + "]}").getBytes(UTF_8));
    }

    for (String type :
        List.of("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b")) {
      Response packed =
          Http.post(
              url("/v1/batch"),
              bytes.toByteArray(),
              "Content-Encoding",
              "gzip",
              "Content-Type",
              type);
      Response plain = Http.post(url("/v1/track?x=1"), EVENT.getBytes(UTF_8), "Content-Type", type);

      assertThat(packed).as(type).hasToString(SUCCESS);
      assertThat(plain).as(type).hasToString(SUCCESS);
    }

    awaitArrivals(6);
    assertThat(receiver.requests()).map(Request::text).anyMatch(text -> text.contains("Größe 🐪"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void aBodyThatIsTooLongIsRefused(String scheme) {
    start(scheme, "127.0.0.1", "/v1");

    byte[] tooLong = new byte[1024 * 1024 + 1];
    assertThat(Http.post(url("/v1/track"), tooLong).status()).isEqualTo(413);
    assertThat(Http.postChunks(url("/v1/track"), List.of(tooLong)).status()).isEqualTo(413);
    assertThat(Http.post(url("/v1/track"), EVENT)).hasToString(SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void withoutKeysOnlyThisMachineMaySend(String scheme) throws IOException {
    start(scheme, "127.0.0.1", "/v1");

    assertThat(firstLine("", "evil.example")).contains(" 403 ");
    assertThat(firstLine("?Host=localhost", "evil.example")).contains(" 403 ");
    assertThat(firstLine("", "127.0.0.1:" + port)).contains(" 200 ");
    assertThat(Http.post(url("/v1/track"), EVENT, "Origin", "https://evil.example").status())
        .isEqualTo(403);
  }

  private String firstLine(String query, String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) AT_MOST.toMillis());
      String request =
          "POST /v1/track%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(query, host, EVENT.length(), EVENT);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(16), US_ASCII);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void aBrowserMayAskWithAKey(String scheme) {
    settings.put("webhooks.write-key.secret", "k1");
    start(scheme, "127.0.0.1", "/v1");

    Response answer =
        Http.send(
            "OPTIONS",
            url("/v1/track"),
            "Origin",
            "https://shop.example",
            "Access-Control-Request-Method",
            "POST");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers("Access-Control-Allow-Origin")).containsExactly("*");
    assertThat(Http.post(url("/v1/track"), EVENT).status()).isEqualTo(401);
    assertThat(Http.post(url("/v1/track"), EVENT, "Authorization", "Basic azE6"))
        .hasToString(SUCCESS);
  }

  /** An address with too many wrong keys is refused, even if its requests claim other addresses. */
  @ParameterizedTest
  @ValueSource(strings = {"netty-http", "jetty", "undertow"})
  void anAddressWithManyWrongKeysIsRefused(String scheme) {
    settings.put("webhooks.write-key.secret", "k1");
    start(scheme, "127.0.0.1", "/v1");

    for (int i = 0; i < 60; i++) {
      String forged = "10.0.0." + i;
      assertThat(Http.post(url("/v1/track"), EVENT, "DromedaryAddress", forged).status())
          .isEqualTo(401);
    }

    assertThat(Http.post(url("/v1/track"), EVENT).status()).isEqualTo(429);
    assertThat(Http.post(url("/v1/track"), EVENT, "Authorization", "Basic azE6"))
        .hasToString(SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "netty-http:http://0.0.0.0:1/v1",
        "netty-http:http:0.0.0.0:1/v1",
        "jetty:http://0.0.0.0:1/v1?x=@127.0.0.1/",
        "undertow:http://0.0.0.0:1/v1"
      })
  void beyondLoopbackAKeyIsNeeded(String inbound) {
    settings.put("webhooks.inbound", inbound);

    assertThatThrownBy(() -> Application.start(folder, settings))
        .hasRootCauseInstanceOf(InvalidSettingsException.class)
        .rootCause()
        .hasMessageContaining(
            "webhooks.write-key.secret: found nothing, expected at least one write key, since the"
                + " server listens beyond loopback (webhooks.inbound is on \"0.0.0.0\").");
  }
}
