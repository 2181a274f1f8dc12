package io.dromedary.server;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.spi.CamelContextCustomizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests requests that two servers may read differently, or that are meant for another one. */
@Timeout(60)
class RequestRulesTest {

  private static final String EVENT = json("{'userId':'u','event':'e'}");

  private static Receiver receiver;
  private static Application application;

  @BeforeAll
  static void start(@TempDir Path folder) {
    receiver = Receiver.start();
    application =
        Application.start(
            folder, Map.of("webhooks.urls", receiver.url(), "webhooks.write-key.secret", "key"));
  }

  @AfterAll
  static void stop() {
    application.close();
    receiver.close();
  }

  private static Socket open() throws IOException {
    return Sockets.open(application.port(), "127.0.0.1");
  }

  /** Returns all answers until the server closes the connection, which it has to do. */
  private static String answers(String request) throws IOException {
    try (Socket socket = open()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      StringBuilder answers = new StringBuilder();
      try {
        for (int next = socket.getInputStream().read();
            next >= 0;
            next = socket.getInputStream().read()) {
          answers.append((char) next);
        }
      } catch (SocketException e) {
        // Reset while a part of the request was still being sent.
      }
      return answers.toString();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 26\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 26\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n",
        "Transfer-Encoding: chunked, xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: -2\r\n\r\n{}",
        "X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
        "X-Folded: a\r\n\tContent-Length: 2\r\n\r\n{}",
        " Folded: first\r\nContent-Length: 2\r\n\r\n{}",
        "Host: other\r\nContent-Length: 2\r\n\r\n{}",
        "X: a\u0000b\r\nContent-Length: 2\r\n\r\n{}",
      })
  void refusesWhatAnotherServerMayReadInAnotherWay(String rest) throws IOException {
    String answers = answers("POST /v1/track HTTP/1.1\r\nHost: a\r\n" + rest);

    assertThat(answers.split("HTTP/1\\.[01] ", -1)).hasSize(2);
    assertThat(answers.substring(8)).startsWith(" 400 ");
  }

  /** The end of such a request is ambiguous. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2;a=\"\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
        "2;a\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "x\r\n{}\r\n0\r\n\r\n",
      })
  void cutsABodyWhoseChunksCannotBeTold(String chunks) throws IOException {
    String answers =
        answers(
            "POST /v1/track HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);

    assertThat(answers).doesNotContain(" 200 ").doesNotContain(" 404 ");
  }

  @Test
  void takesManyRequestsOfAConnection() throws IOException {
    String request =
        "POST /v1/track HTTP/1.1\r\nHost: a\r\nAuthorization: Basic a2V5Og==\r\nContent-Length: "
            + EVENT.length()
            + "\r\n";
    String answers =
        answers(
            (request + "\r\n" + EVENT).repeat(3) + request + "Connection: close\r\n\r\n" + EVENT);

    assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(5);
  }

  @Test
  void doesNotSpeakHttp2WithoutTls() throws Exception {
    assertThat(answers("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).startsWith("HTTP/2.0 501 ");

    HttpRequest upgrade =
        HttpRequest.newBuilder(URI.create(application.url("/observe/health")))
            .version(HttpClient.Version.HTTP_2)
            .build();
    HttpResponse<Void> answer =
        HttpClient.newHttpClient().send(upgrade, HttpResponse.BodyHandlers.discarding());
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/%2e%2e/dromedary/dead-letters",
        "/v1/../dromedary/dead-letters",
        "/v1/./../dromedary/dead-letters",
        "/v1/%2E./dromedary/dead-letters",
        "/v1%2fdead-letters",
        "/v1/..%2fdead-letters",
        "/v1/..;/dromedary/dead-letters",
        "/v1\\\\..\\\\dead-letters",
        "/v1/%5c../dromedary/dead-letters",
        "/v1/x/..",
        "/dromedary/dead-letters/%00",
        "/observe/./health",
      })
  void refusesAPathThatIsNotWhatItLooksLike(String path) throws IOException {
    String answers =
        answers("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

    assertThat(answers).startsWith("HTTP/1.1 400 ").doesNotContain("deadLetters");
  }

  @Test
  void asksForALoopbackHostWhereNobodyNeedsAKey() {
    int port = application.port();
    for (String path :
        new String[] {"/observe/health", "/observe/metrics", "/dromedary/dead-letters", "/x"}) {
      assertThat(rebound("GET " + path, "", port)).as(path).startsWith("HTTP/1.1 403 ");
    }
    assertThat(rebound("GET /bin", "", port)).startsWith("HTTP/1.1 403 ");
    assertThat(rebound("POST /v1/track", "Authorization: Basic a2V5Og==\r\n", port))
        .startsWith("HTTP/1.1 200 ");
    assertThat(Http.send("GET", application.url("/observe/health")).status()).isEqualTo(200);
  }

  private static String rebound(String request, String headers, int port) {
    boolean isPost = request.startsWith("POST");
    try {
      return answers(
          request
              + " HTTP/1.1\r\nHost: evil.example:"
              + port
              + "\r\nConnection: close\r\n"
              + headers
              + (isPost ? "Content-Length: " + EVENT.length() + "\r\n\r\n" + EVENT : "\r\n"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void takesTheCookiesOfABrowser() {
    assertThat(
            Http.post(
                application.url("/v1/track"),
                EVENT,
                "Authorization",
                "Basic a2V5Og==",
                "Cookie",
                "a=" + "x".repeat(20_000)))
        .hasToString("200 {\"success\":true}");
  }

  @Test
  void readsNoFurtherAfterARefusal() throws IOException {
    try (Socket socket = open()) {
      socket
          .getOutputStream()
          .write(
              "POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000\r\n\r\n"
                  .getBytes(ISO_8859_1));
      long written = 0;
      byte[] block = new byte[64 * 1024];
      try {
        while (written < 9_000_000_000L) {
          socket.getOutputStream().write(block);
          written += block.length;
        }
      } catch (IOException e) {
        // The server has closed it.
      }
      assertThat(written).isLessThan(9_000_000_000L);
    }
  }

  @Test
  void refusesAStrangerBeforeTheBody() throws IOException {
    String answers =
        answers(
            "POST /v1/track HTTP/1.1\r\nHost: a\r\nAuthorization: Basic"
                + " b3RoZXI6\r\nContent-Length: 100000\r\n\r\n{");

    assertThat(answers).startsWith("HTTP/1.1 401 ").contains("unauthorized");
  }

  /** A page of a browser may ask while the application starts. */
  @Test
  void aServerThatListensDuringTheStartRefusesAForeignHost(@TempDir Path folder) {
    int management = Application.freePort();
    AtomicReference<String> answer = new AtomicReference<>();
    StartupListener asking =
        (context, alreadyStarted) -> {
          try (Socket socket = Sockets.open(management, "127.0.0.1")) {
            String request = "GET /observe/health HTTP/1.1\r\nHost: example.com\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            answer.set(new String(socket.getInputStream().readNBytes(12), ISO_8859_1));
          }
        };
    CamelContextCustomizer customizer = context -> addListener(context, asking);
    Map<String, String> settings =
        Map.of(
            "webhooks.urls",
            receiver.url(),
            "webhooks.write-key.secret",
            "key",
            "camel.management.port",
            Integer.toString(management));
    try (Application started =
        Application.start(folder, settings, Map.of("customizer", customizer))) {
      assertThat(started.port()).isNotEqualTo(management);
      assertThat(answer).hasValue("HTTP/1.1 403");
    }
  }

  private static void addListener(CamelContext context, StartupListener listener) {
    try {
      context.addStartupListener(listener);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
