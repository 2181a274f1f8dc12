package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

@Timeout(30)
class ReceiverTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final String POST = "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
  private static final String OK = "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n";

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** The behaviours that end only with the connection, and how what they send begins. */
  static final List<Arguments> ENDLESS =
      List.of(
          Arguments.of("hang", Answer.hang(), ""),
          Arguments.of("after", Answer.status(200).after(Duration.ofHours(1)), ""),
          Arguments.of(
              "dripBody",
              Answer.dripBody(SHORT),
              "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n"),
          Arguments.of("dripHeaders", Answer.dripHeaders(SHORT), "HTTP/1.1 200 \r\nX-Drip: xxx"),
          Arguments.of(
              "endlessBody",
              Answer.endlessBody(),
              "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2000\r\nxxx"),
          Arguments.of(
              "endlessHeaders",
              Answer.endlessHeaders(),
              "HTTP/1.1 200 \r\n" + "X-Endless: x\r\n".repeat(1_000)));

  private final Receiver receiver = Receiver.start();

  @AfterEach
  void leavesNoThread() throws InterruptedException {
    receiver.close();
    awaitNoThread(receiver, "");
  }

  @Test
  void recordsARequestAsItCame() throws Exception {
    Instant before = Instant.now();
    long nanosBefore = System.nanoTime();
    try (Wire wire = new Wire(receiver)) {
      wire.send("POST /a%20b?c=d HTTP/1.1\r\nhost: x\r\n");
      wire.send("X-Two: 1\r\nx-tWO:2 \r\nContent-Length: 4\r\n\r\né\0\n");
      wire.expect(OK);
    }

    assertThat(receiver.requests()).hasSize(1);
    Request request = receiver.requests().get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.path()).isEqualTo("/a%20b?c=d");
    assertThat(request.headers())
        .containsExactly(
            new Request.Header("host", "x"),
            new Request.Header("X-Two", "1"),
            new Request.Header("x-tWO", "2"),
            new Request.Header("Content-Length", "4"));
    assertThat(request.header("X-TWO")).isEqualTo("1");
    assertThat(request.headers("X-TWO")).containsExactly("1", "2");
    assertThat(request.header("absent")).isNull();
    assertThat(request.body()).isEqualTo("é\0\n".getBytes(UTF_8));
    assertThat(request.text()).isEqualTo("é\0\n");
    assertThat(request.at()).isBetween(before, Instant.now());
    assertThat(request.nanos()).isBetween(nanosBefore, System.nanoTime());
    assertThat(request.connection()).isEqualTo(1);
  }

  @Test
  void recordsEqualRequestsEachByItself() throws Exception {
    post("{}");
    post("{}");

    assertThat(receiver.requests()).extracting(Request::text).containsExactly("{}", "{}");
    assertThat(receiver.count()).isEqualTo(2);
  }

  @Test
  void recordsNoIncompleteRequest() throws Exception {
    try (Wire wire = new Wire(receiver)) {
      wire.send("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}");
      wire.sendEnd();
      wire.expectEnd();
    }

    assertThat(receiver.connections()).isEqualTo(1);
    assertThat(receiver.count()).isZero();
  }

  @Test
  void keepsAConnectionAlive() throws Exception {
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expect(OK);
      wire.send(POST + POST);
      wire.expect(OK + OK);
    }
    post("{}");

    assertThat(receiver.requests()).extracting(Request::connection).containsExactly(1, 1, 1, 2);
    assertThat(receiver.connections()).isEqualTo(2);
  }

  @Test
  void closesAConnectionWhenAsked() throws Exception {
    try (Wire wire = new Wire(receiver)) {
      wire.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
      wire.expect(OK);
      wire.expectEnd();
    }
  }

  @Test
  void joinsChunks() throws Exception {
    try (Wire wire = new Wire(receiver)) {
      wire.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
      wire.send(
          "2\r\n{\"\r\nA;name=value\r\na\":\"\r\n567\"\r\n01\r\n}\r\n0\r\nTrailer: x\r\n\r\n");
      wire.expect(OK);
      wire.send(POST);
      wire.expect(OK);
    }
    byte[] large = "x".repeat(1_000_000).getBytes(UTF_8);
    CLIENT.send(
        request().POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))).build(),
        BodyHandlers.discarding());

    assertThat(receiver.requests())
        .extracting(Request::text)
        .containsExactly("{\"a\":\"\r\n567\"}", "{}", new String(large, UTF_8));
  }

  @Test
  void tellsAClientThatAsksToContinue() throws Exception {
    try (Wire wire = new Wire(receiver)) {
      wire.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      wire.expect("HTTP/1.1 100 Continue\r\n\r\n");
      wire.send("{}");
      wire.expect(OK);
    }

    assertThat(receiver.requests()).extracting(Request::text).containsExactly("{}");
  }

  @Test
  void answersByTheScriptAndThenAsAlways() throws Exception {
    receiver.answer(Answer.status(503)).answerNext(Answer.status(500), Answer.status(204));

    assertThat(post("{}").statusCode()).isEqualTo(500);
    assertThat(post("{}").statusCode()).isEqualTo(204);
    assertThat(post("{}").statusCode()).isEqualTo(503);
    assertThat(post("{}").statusCode()).isEqualTo(503);
  }

  @Test
  void answersByTheRequest() throws Exception {
    receiver.answerBy(request -> Answer.status(request.text().equals("bad") ? 400 : 200));

    assertThat(post("bad").statusCode()).isEqualTo(400);
    assertThat(post("{}").statusCode()).isEqualTo(200);
  }

  @Test
  void answersWithHeadersAndABody() throws Exception {
    receiver.answer(Answer.status(429).header("Retry-After", "3").header("X", "y").body("é"));

    HttpResponse<String> response = post("{}");

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("Retry-After")).contains("3");
    assertThat(response.headers().firstValue("X")).contains("y");
    assertThat(response.body()).isEqualTo("é");
  }

  @Test
  void refusesAStatusThatEndsNothing() {
    assertThatThrownBy(() -> Answer.status(199))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a status from 200 to 999: 199");
  }

  @Test
  void redirects() throws Exception {
    receiver.answer(Answer.redirect(303, receiver.url("/elsewhere")));

    HttpResponse<String> response = post("{}");

    assertThat(response.statusCode()).isEqualTo(303);
    assertThat(response.headers().firstValue("Location")).contains(receiver.url("/elsewhere"));
  }

  @Test
  void answersLate() throws Exception {
    receiver.answer(Answer.status(200).after(Duration.ofMillis(60)));
    try (Wire wire = new Wire(receiver)) {
      long start = System.nanoTime();
      // The second request comes while the first answer is awaited.
      wire.send(POST + POST);
      wire.expect(OK + OK);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofMillis(120));
    }
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("ENDLESS")
  void endsAnEndlessAnswerWithTheClient(String name, Answer answer, String start) throws Exception {
    receiver.answer(answer);
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      receiver.awaitCount(1, SOON);
      wire.expect(start);
    }

    awaitNoThread(receiver, "connection");
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("ENDLESS")
  void endsAnEndlessAnswerWithTheReceiver(String name, Answer answer, String start)
      throws Exception {
    receiver.answer(answer);
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      receiver.awaitCount(1, SOON);
      wire.expect(start);
      receiver.close();

      awaitNoThread(receiver, "");
    }
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("ENDLESS")
  void misbehavesOverTlsToo(String name, Answer answer, String start) throws Exception {
    Certificates certificates = new Certificates();
    Receiver secure = Receiver.startTls(certificates.good()).answer(answer);
    try (Wire wire = new Wire(secure, certificates)) {
      try (secure) {
        wire.send(POST);
        secure.awaitCount(1, SOON);
        wire.expect(start);
      }
      awaitNoThread(secure, "");
    }
  }

  @Test
  void outlastsAClientsPatience() {
    receiver.answer(Answer.hang());

    assertThatThrownBy(
            () ->
                CLIENT.send(
                    request().timeout(Duration.ofMillis(100)).build(), BodyHandlers.ofString()))
        .isInstanceOf(HttpTimeoutException.class);
    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void runsATaskOnceAnAnswerIsWritten() throws Exception {
    AtomicInteger written = new AtomicInteger();
    receiver.answerNext(
        Answer.reset().then(written::incrementAndGet),
        Answer.status(200).then(written::incrementAndGet));
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expectReset();
    }
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expect(OK);
      // The connection's thread is done with the first request when it answers the second.
      wire.send(POST);
      wire.expect(OK);
    }

    assertThat(written).hasValue(1);
  }

  @Test
  void resetsAfterReading() throws Exception {
    receiver.answer(Answer.reset());

    expectReset(receiver);

    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void resetsBeforeReading() throws Exception {
    receiver.answerNext(Answer.status(200), Answer.resetBeforeReading());
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expect(OK);
      wire.send("P");
      wire.expectReset();
    }
    assertThat(post("{}").statusCode()).isEqualTo(200);
    receiver.answer(Answer.resetBeforeReading());
    expectReset(receiver);

    assertThat(receiver.count()).isEqualTo(2);
    assertThat(receiver.connections()).isEqualTo(3);
  }

  @Test
  void resetsBeforeReadingByTheRequestOnlyAfterReading() throws Exception {
    receiver.answerBy(request -> Answer.resetBeforeReading());

    expectReset(receiver);

    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void closesSilently() throws Exception {
    receiver.answer(Answer.closeSilently());
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expectEnd();
    }

    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void answersGarbage() {
    receiver.answer(Answer.garbage());

    assertThatThrownBy(() -> post("{}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Invalid status line");
    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void closesAfterAnAnswerWithoutSayingSo() throws Exception {
    receiver.answer(Answer.closeAfter(Answer.status(200)));
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expect(OK);
      wire.expectEnd();
    }
  }

  @Test
  void refusesWhilePaused() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (Wire wire = new Wire(receiver)) {
        wire.send(POST);
        wire.expect(OK);

        receiver.pause();

        wire.expectEnd();
        assertThatThrownBy(() -> new Wire(receiver)).isInstanceOf(ConnectException.class);
      }
      receiver.resume();

      assertThat(post("{}").statusCode()).isEqualTo(200);
    }
    assertThat(receiver.count()).isEqualTo(6);
  }

  @Test
  void closesWhilePausedAndTwice() {
    receiver.pause();
    receiver.close();
    receiver.close();

    assertThatThrownBy(() -> new Wire(receiver)).isInstanceOf(ConnectException.class);
  }

  @Test
  void waitsForRequests() throws Exception {
    ExecutorService clients = Executors.newSingleThreadExecutor();
    try {
      Future<HttpResponse<String>> sent = clients.submit(() -> post("{}"));
      receiver.awaitCount(1, SOON);
      sent.get();
    } finally {
      clients.shutdown();
    }

    assertThatThrownBy(() -> receiver.awaitCount(3, SHORT))
        .isInstanceOf(AssertionError.class)
        .hasMessage("expected 3 requests within PT0.02S, but 1 came");
  }

  @Test
  void countsWhatComesAtOnce() throws Exception {
    int clients = 64;
    int each = 100;
    receiver.countOnly();
    ExecutorService pool = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        String body = "[{\"messageId\":\"id-" + client + "\"},{}]";
        done.add(
            pool.submit(
                () -> {
                  try (Wire wire = new Wire(receiver)) {
                    for (int i = 0; i < each; i++) {
                      wire.send("POST / HTTP/1.1\r\nContent-Length: " + body.length() + "\r\n\r\n");
                      wire.send(body);
                      wire.expect(OK);
                    }
                  }
                  return body;
                }));
      }
      receiver.awaitCount(clients * each, SOON);
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      pool.shutdown();
    }

    assertThat(receiver.count()).isEqualTo(clients * each);
    assertThat(receiver.connections()).isEqualTo(clients);
    assertThat(receiver.requests()).isEmpty();
    assertThat(receiver.messageIds()).hasSize(clients).containsEntry("id-7", each);
    assertThat(receiver.messageIds().values()).containsOnly(each);
  }

  @Test
  void countsEveryMessageIdOfABody() throws Exception {
    post("[{\"messageId\":\"é\"},{\"messageId\":\"b\"},{\"messageId\":\"é\"}]");
    post("{\"messageId\":\"b\"}");
    post("{\"messageId\":\"unfinished");

    assertThat(receiver.messageIds()).hasSize(2).containsEntry("é", 2).containsEntry("b", 2);
  }

  private HttpRequest.Builder request() {
    return HttpRequest.newBuilder(URI.create(receiver.url()));
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return CLIENT.send(
        request().POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  private static void expectReset(Receiver receiver) throws IOException {
    try (Wire wire = new Wire(receiver)) {
      wire.send(POST);
      wire.expectReset();
    }
  }

  private static void awaitNoThread(Receiver receiver, String kind) throws InterruptedException {
    String prefix = "receiver-" + receiver.port() + "-" + kind;
    for (Thread thread : threads(prefix)) {
      thread.join(SOON.toMillis());
    }
    assertThat(threads(prefix)).isEmpty();
  }

  private static List<Thread> threads(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .toList();
  }

  /** A client that looks at the bytes. */
  private static final class Wire implements AutoCloseable {

    private final Socket socket;

    Wire(Receiver receiver) throws IOException {
      this(new Socket(InetAddress.getLoopbackAddress(), receiver.port()));
    }

    Wire(Receiver receiver, Certificates certificates) throws IOException {
      this(
          certificates
              .clientContext()
              .getSocketFactory()
              .createSocket(InetAddress.getLoopbackAddress(), receiver.port()));
    }

    private Wire(Socket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) SOON.toMillis());
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    void sendEnd() throws IOException {
      socket.shutdownOutput();
    }

    void expect(String text) throws IOException {
      byte[] bytes = socket.getInputStream().readNBytes(text.length());
      assertThat(new String(bytes, ISO_8859_1)).isEqualTo(text);
    }

    void expectEnd() throws IOException {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    void expectReset() {
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessage("Connection reset");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
