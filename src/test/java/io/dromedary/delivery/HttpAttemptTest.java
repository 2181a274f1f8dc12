package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.flow.Signal;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.settings.HttpOptions;
import io.dromedary.settings.PrivateNetworks;
import io.dromedary.settings.TlsOptions;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.support.jsse.KeyStoreParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests attempts at HTTP webhooks. */
class HttpAttemptTest extends AttemptContract {

  private static final Set<String> HEADERS = Set.of("X-Ours", "Content-Type");

  private static final Certificates CERTIFICATES = new Certificates();

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> options = new HashMap<>();
  private DnsResolver lookup = SystemDefaultDnsResolver.INSTANCE;
  private HeadBudget budget = new HeadBudget(1 << 20);
  private String url = receiver.url("/hook?key=value");

  @AfterEach
  void closeReceiver() {
    receiver.close();
  }

  @Override
  Target target(Duration timeout) {
    return new HttpTarget(
        context,
        URI.create(url),
        new HttpTarget.Options(
            timeout,
            "Segment.io/1.0",
            new HttpOptions(
                options, TlsOptions.NONE, PrivateNetworks.of(List.of("127.0.0.0/8", "::1")))),
        HEADERS,
        budget,
        lookup);
  }

  @Override
  void answers(int status, Map<String, String> headers, String body) {
    Answer.Reply reply = Answer.status(status);
    for (Map.Entry<String, String> header : headers.entrySet()) {
      reply = reply.header(header.getKey(), header.getValue());
    }
    receiver.answer(reply.body(body));
  }

  @Override
  void hangsOnce() {
    receiver.answerNext(Answer.hang());
  }

  @Override
  void letGo() {}

  @Override
  void failsWithoutAnswer() {
    receiver.answer(Answer.closeSilently());
  }

  @Override
  int count() {
    return receiver.count();
  }

  private Request last() {
    return receiver.requests().get(receiver.count() - 1);
  }

  @Override
  Map<String, String> lastHeaders() {
    Map<String, String> headers = new LinkedHashMap<>();
    last().headers().forEach(header -> headers.put(header.name(), header.value()));
    return headers;
  }

  @Override
  byte[] lastBody() {
    return last().body();
  }

  @Test
  void aRequestHasNoHeadersButThese() throws Exception {
    attempts(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(last().method()).isEqualTo("POST");
    assertThat(last().path()).isEqualTo("/hook?key=value");
    assertThat(last().headers().stream().map(header -> header.name() + ": " + header.value()))
        .containsExactlyInAnyOrder(
            "X-Ours: yes",
            "Content-Type: application/json",
            "Content-Length: 7",
            "Host: 127.0.0.1:" + receiver.port(),
            "Connection: keep-alive",
            "User-Agent: Segment.io/1.0");
  }

  // --- the deadline, in each phase

  static Stream<Arguments> slow() {
    Duration gap = Duration.ofMillis(30);
    return Stream.of(
        Arguments.of("no answer", Answer.hang()),
        Arguments.of("an answer that is late", Answer.status(200).after(Duration.ofSeconds(30))),
        Arguments.of("a head that drips", Answer.dripHeaders(gap)),
        Arguments.of("a body that drips", Answer.dripBody(gap)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("slow")
  void theDeadlineIsForTheWholeAnswer(String name, Answer answer) throws Exception {
    receiver.answer(answer);
    attempts(SHORT);
    Attempted attempted = start();
    assertThat(attempted.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
    // The thread has returned.
    assertThat(attempted.returned.get(LONG.toSeconds(), TimeUnit.SECONDS)).isFalse();
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void aLookupOfTheHostDoesNotOutlastTheDeadline() throws Exception {
    CountDownLatch found = new CountDownLatch(1);
    lookup =
        new SystemDefaultDnsResolver() {
          @Override
          public InetAddress[] resolve(String host) throws UnknownHostException {
            try {
              found.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return super.resolve("127.0.0.1");
          }
        };
    url = "http://localhost:" + receiver.port();
    attempts(SHORT);
    Attempted attempted = start();
    assertThat(attempted.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
    assertThat(attempted.returned).isNotDone();
    found.countDown();
    assertThat(attempted.returned.get(LONG.toSeconds(), TimeUnit.SECONDS)).isFalse();
    // A lookup that ends too late leads to no connection.
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(receiver.count()).isEqualTo(1);
    assertThat(receiver.connections()).isEqualTo(1);
  }

  @Test
  void anAttemptThatConnectsEndsAtItsDeadlineAndTriesNoOtherAddress() throws Exception {
    try (ServerSocket full = new ServerSocket()) {
      full.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
      List<Socket> fillers = new ArrayList<>();
      // The kernel drops connections if nothing accepts them.
      for (int i = 0; i < 4; i++) {
        Socket filler = new Socket();
        fillers.add(filler);
        try {
          filler.connect(full.getLocalSocketAddress(), 100);
        } catch (IOException e) {
          break;
        }
      }
      lookup =
          new SystemDefaultDnsResolver() {
            @Override
            public InetAddress[] resolve(String host) throws UnknownHostException {
              return new InetAddress[] {
                InetAddress.getByAddress(new byte[] {127, 0, 0, 1}),
                InetAddress.getByAddress(new byte[] {127, 0, 0, 2})
              };
            }
          };
      url = "http://black.hole:" + full.getLocalPort();
      attempts(SHORT);
      Attempted attempted = start();
      assertThat(attempted.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
      assertThat(attempted.returned.get(SHORT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
      for (Socket filler : fillers) {
        filler.close();
      }
    }
  }

  @Test
  void aHandshakeDoesNotOutlastTheDeadline() throws Exception {
    receiver.answer(Answer.hang());
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      url = "https://127.0.0.1:" + silent.getLocalPort();
      attempts(SHORT);
      Attempted attempted = start();
      try (Socket connection = silent.accept()) {
        connection.setSoTimeout((int) LONG.toMillis());
        assertThat(attempted.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
        assertThat(attempted.returned.get(LONG.toSeconds(), TimeUnit.SECONDS)).isFalse();
        // On a busy machine the handshake may not even have begun.
        assertThatThrownBy(() -> connection.getInputStream().readAllBytes())
            .isInstanceOf(SocketException.class);
      }
    }
  }

  /** With a new connection, and with one that has served an attempt before. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theConnectionOfAnAttemptThatHasExpiredIsClosed(int before) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      url = "http://localhost:" + server.getLocalPort();
      attempts(SHORT);
      Attempted attempted = start();
      try (Socket connection = server.accept()) {
        connection.setSoTimeout((int) LONG.toMillis());
        if (before > 0) {
          read(connection);
          connection
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
          assertThat(attempted.outcome().kind()).isEqualTo(ACCEPTED);
          attempted = start();
        }
        read(connection);
        assertThat(attempted.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
        // The client closes it at once.
        assertThatThrownBy(() -> connection.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessage("Connection reset");
      }
    }
  }

  /** Reads one request. */
  private static void read(Socket connection) throws IOException {
    StringBuilder request = new StringBuilder();
    while (!request.toString().endsWith("{\"a\":1}")) {
      int next = connection.getInputStream().read();
      if (next < 0) {
        throw new IOException("the connection has ended");
      }
      request.append((char) next);
    }
  }

  // --- no answer at all

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("reset", Answer.reset()),
        Arguments.of("closed", Answer.closeSilently()),
        Arguments.of("garbage", Answer.garbage()),
        Arguments.of("endless headers", Answer.endlessHeaders()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void whatIsNoAnswerIsTemporary(String name, Answer answer) throws Exception {
    receiver.answer(answer);
    attempts(LONG);
    Outcome outcome = start().outcome();
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.NO_ANSWER);
    assertThat(count()).isEqualTo(1);
  }

  /** A receiver that answers once too often has not accepted the next request. */
  @ParameterizedTest
  @CsvSource({
    "false, false, 0",
    "false, true, 0",
    "false, true, 10",
    "true, false, 0",
    "true, true, 10",
  })
  void whatWasThereBeforeARequestIsNotItsAnswer(boolean isTls, boolean isLate, int before)
      throws Exception {
    trustTheAuthority();
    CountDownLatch isAnswered = new CountDownLatch(1);
    CountDownLatch isSent = new CountDownLatch(1);
    Answer ok = Answer.status(200);
    Answer twice = isLate ? ok.then(() -> pass(isAnswered)).followedBy(ok) : ok.followedBy(ok);
    try (Receiver server = isTls ? Receiver.startTls(CERTIFICATES.good()) : Receiver.start()) {
      url = server.url();
      attempts(LONG);
      // Connections are checked before use until enough of them have been good.
      for (int i = 0; i < before; i++) {
        assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
      }
      server.answer(Answer.status(503));
      server.answerNext(twice.then(isSent::countDown));
      assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
      isAnswered.countDown();
      pass(isSent);
      Outcome next = start().outcome();
      assertThat(next.kind()).isEqualTo(TEMPORARY);
      assertThat(next.status()).isIn(503, null);
      if (before > 0) {
        // The extra answer is noticed before anything is sent.
        assertThat(next.status()).isEqualTo(503);
      }
      assertThat(start().outcome().status()).isEqualTo(503);
    }
  }

  private void trustTheAuthority() throws Exception {
    KeyStoreParameters store = new KeyStoreParameters();
    store.setResource("file:" + CERTIFICATES.trustStore(folder));
    store.setPassword(Certificates.PASSWORD);
    TrustManagersParameters trust = new TrustManagersParameters();
    trust.setKeyStore(store);
    SSLContextParameters tls = new SSLContextParameters();
    tls.setTrustManagers(trust);
    context.setSSLContextParameters(tls);
  }

  private static void pass(CountDownLatch latch) {
    try {
      assertThat(latch.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aConnectionThatIsRefusedIsTemporary() throws Exception {
    receiver.pause();
    attempts(LONG);
    Outcome outcome = start().outcome();
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.reason()).isEqualTo("the connection was refused");
  }

  @Test
  void aHostThatIsUnknownIsTemporary() throws Exception {
    url = "http://nowhere.invalid/";
    attempts(LONG);
    assertThat(start().outcome().reason()).isEqualTo("unknown host");
  }

  // --- what a receiver can take

  @Test
  void aBodyIsCut() throws Exception {
    receiver.answer(Answer.endlessBody());
    attempts(LONG);
    // The status says that it accepts; the body does not matter.
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    receiver.answer(Answer.status(200));
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(receiver.connections()).isEqualTo(2);
  }

  @Test
  void aHeadThatIsTooLongIsCut() throws Exception {
    // 60 KiB are accepted, 70 KiB are not.
    receiver.answerNext(
        Answer.status(200)
            .header("X-A", "x".repeat(15_000))
            .header("X-B", "x".repeat(15_000))
            .header("X-C", "x".repeat(15_000))
            .header("X-D", "x".repeat(15_000)));
    attempts(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    receiver.answerNext(
        Answer.status(200)
            .header("X-A", "x".repeat(16_000))
            .header("X-B", "x".repeat(16_000))
            .header("X-C", "x".repeat(16_000))
            .header("X-D", "x".repeat(16_000))
            .header("X-E", "x".repeat(6_000)));
    Outcome outcome = start().outcome();
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.reason())
        .isEqualTo("MessageConstraintException: the head of the answer is longer than 65536 bytes");
  }

  @Test
  void headsThatNeverEndShareABudget() throws Exception {
    receiver.answer(Answer.longHeadersThenHang());
    // Each head takes 48 KiB.
    budget = new HeadBudget(5 * 48 * 1024);
    attempts(Duration.ofSeconds(5));
    List<Attempted> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(start());
    }
    int refused = 0;
    for (Attempted each : all) {
      Outcome outcome = each.outcome();
      assertThat(outcome.kind()).isEqualTo(TEMPORARY);
      if (outcome
          .reason()
          .contains("the heads of the answers take more memory than there is for them")) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThanOrEqualTo(35);
    // The budget is available again.
    receiver.answer(Answer.status(200).header("X-Long", "x".repeat(15_000)));
    await().atMost(LONG).until(() -> start().outcome().kind() == ACCEPTED);
  }

  // --- connections that the receiver closes

  @Test
  void aReceiverThatClosesEachConnectionFailsNoAttempt() throws Exception {
    receiver.answer(Answer.closeAfter(Answer.status(200)));
    attempts(LONG);
    for (int i = 1; i <= 200; i++) {
      assertThat(start().outcome())
          .as("attempt %d", i)
          .extracting(Outcome::kind)
          .isEqualTo(ACCEPTED);
      // A request sent before the receiver has closed the connection is lost with any client.
      await().atMost(LONG).until(() -> receiver.openConnections() == 0);
    }
    assertThat(receiver.connections()).isEqualTo(200);
  }

  @Test
  void connectionsAreUsedAgain() throws Exception {
    receiver.answer(Answer.status(200).body("thank you"));
    attempts(LONG);
    for (int i = 1; i <= 50; i++) {
      assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    }
    assertThat(receiver.connections()).isEqualTo(1);
  }

  @Test
  void aConnectionThatWasResetBeforeAnythingWasSentIsReplaced() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      url = "http://localhost:" + server.getLocalPort();
      attempts(LONG);
      // Connections are checked before use until they are trusted.
      Socket first = null;
      for (int i = 0; i <= 8; i++) {
        Attempted attempted = start();
        first = first == null ? server.accept() : first;
        read(first);
        first
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
        assertThat(attempted.outcome().kind()).isEqualTo(ACCEPTED);
      }
      first.setSoLinger(true, 0);
      first.close();
      Attempted attempted = start();
      try (Socket second = server.accept()) {
        read(second);
        second
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
        assertThat(attempted.outcome().kind()).isEqualTo(ACCEPTED);
      }
    }
  }

  @Test
  void attemptsEndWithTheWebhook() throws Exception {
    hangsOnce();
    Attempts attempts = attempts(LONG);
    Attempted attempted = start();
    receiver.awaitCount(1, LONG);
    attempts.stop();
    assertThat(attempted.outcome().kind()).isEqualTo(TEMPORARY);
    await().atMost(LONG).until(() -> attempted.returned.isDone());
  }
}
