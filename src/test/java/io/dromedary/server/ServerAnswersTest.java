package io.dromedary.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the answers of the packaged server itself, and that it serves HEAD wherever it serves GET.
 */
@Timeout(60)
class ServerAnswersTest {

  private static Application application;
  private static int managementPort;

  @BeforeAll
  static void start(@TempDir Path folder) {
    managementPort = Application.freePort();
    application =
        Application.start(
            folder,
            Map.of(
                "camel.management.host",
                "127.0.0.1",
                "camel.management.port",
                Integer.toString(managementPort)));
  }

  @AfterAll
  static void stop() {
    application.close();
  }

  private static String url(String path) {
    return path.startsWith("/observe")
        ? "http://127.0.0.1:" + managementPort + path
        : application.url(path);
  }

  private static String failure(int status, String code, String message) {
    return "%d {\"success\":false,\"code\":\"%s\",\"message\":\"%s\"}"
        .formatted(status, code, message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/bin",
        "/dromedary/dead-letters",
        "/dromedary/dead-letters/count",
        "/observe/health",
        "/observe/health/ready",
        "/observe/health/live",
        "/observe/metrics",
      })
  void headIsAnsweredAsGetWithoutTheBody(String path) {
    Response get = Http.send("GET", url(path));
    Response head = Http.send("HEAD", url(path));

    assertThat(get.status()).isEqualTo(200);
    assertThat(head).hasToString("200 ");
    assertThat(head.headers("Content-Type")).isEqualTo(get.headers("Content-Type"));
    if (!path.startsWith("/observe")) {
      assertThat(get.headers("Cache-Control")).containsExactly("no-store");
    }
  }

  /** One server may serve all paths on one port. */
  @Test
  void headIsAnsweredWhereHealthIsOnThePortOfTheTrackingApi(@TempDir Path folder) {
    try (Application one = Application.start(folder, Map.of())) {
      assertThat(Http.send("HEAD", one.url("/observe/health"))).hasToString("200 ");
      assertThat(Http.send("HEAD", one.url("/observe/metrics"))).hasToString("200 ");
      assertThat(Http.send("HEAD", one.url("/observe/nothing"))).hasToString("404 ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /",
    "GET, /nothing",
    "POST, /nothing",
    "PUT, /v2/track",
    "GET, /binx",
    "GET, /observex",
    "GET, /observe/nothing",
    "POST, /sdk/v1/track"
  })
  void aPathThatIsNotServedIsA404InJson(String method, String path) {
    Response response = Http.send(method, url(path));

    assertThat(response)
        .hasToString(failure(404, "not_found", "expected a path that is served, found another"));
    assertThat(response.headers("Content-Type")).containsExactly("application/json");
  }

  @Test
  void aPathBelowTheRequestBinIsA404InJson() {
    assertThat(Http.send("GET", url("/bin/x")))
        .hasToString(failure(404, "not_found", "expected /bin, found another path"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "DELETE", "PATCH", "OPTIONS"})
  void theRequestBinHasNoOtherMethod(String method) {
    Response response = Http.send(method, url("/bin"));

    assertThat(response)
        .hasToString(
            failure(405, "method_not_allowed", "expected GET, HEAD or POST, found " + method));
    assertThat(response.headers("Allow")).containsExactly("GET, HEAD, POST");
  }

  @Test
  void healthHasNoOtherMethod() {
    Response response = Http.send("POST", url("/observe/health"));

    assertThat(response)
        .hasToString(
            failure(
                405, "method_not_allowed", "expected another method for this path, found POST"));
    assertThat(response.headers("Content-Type")).containsExactly("application/json");
  }

  @Test
  void aHeadThatCannotBeReadIsRefusedInJson() throws IOException {
    assertThat(answer("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
        // Vert.x has not read the version at this point.
        .startsWith("HTTP/1.0 414 ")
        .endsWith(
            failure(414, "uri_too_long", "expected a first line of at most 16384 bytes, found more")
                .substring(4));
    assertThat(answer("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + "x".repeat(40_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ")
        .endsWith(
            failure(431, "head_too_large", "expected headers of at most 32768 bytes, found more")
                .substring(4));
    assertThat(answer("GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("application/json")
        .endsWith(
            failure(400, "invalid_request", "expected a request of HTTP/1.1, found another text")
                .substring(4));
  }

  /** Returns everything that is answered until the server closes the connection. */
  private static String answer(String request) throws IOException {
    try (Socket socket = Sockets.open(application.port(), "127.0.0.1")) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
