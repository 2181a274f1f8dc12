package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Http;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.Signatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests the way from an inbound endpoint to webhooks that behave in every way, through real
 * sockets.
 */
class DeliveryTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String SECRET = "sharedsecretvalue";
  private static final Certificates CERTIFICATES = new Certificates();

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Receiver second = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private Application application;

  @BeforeEach
  void settings() {
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", receiver.url("/hook?key=value"));
    settings.put("webhooks.signing.secret", SECRET);
    settings.put("webhooks.timeout", "400ms");
    settings.put("webhooks.retry.initial-delay", "20ms");
    settings.put("webhooks.retry.max-delay", "50ms");
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
    second.close();
  }

  private void start() {
    application = Application.start(folder, settings);
  }

  private void send(String event) {
    application.context().createFluentProducerTemplate().to("direct:in").withBody(event).send();
  }

  private static String track(String messageId) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\""
        + messageId
        + "\"}";
  }

  private List<String> deadLetters() {
    Path file = folder.resolve("dead-letters.jsonl");
    try {
      if (!Files.exists(file)) {
        return List.of();
      }
      // The last line may still be incomplete.
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String awaitDeadLetter() {
    await().atMost(AT_MOST).until(() -> deadLetters().size() == 1);
    return deadLetters().get(0);
  }

  @Test
  void aRequestCarriesTheEventItsSignatureAndNothingOfTheInboundMessage() {
    settings.put("webhooks.headers.Authorization", "Bearer abc");
    settings.put("webhooks.headers.X-Custom", "1");
    start();
    application
        .context()
        .createFluentProducerTemplate()
        .to("direct:in")
        .withBody(track("m1"))
        .withHeader("Cookie", "c=1")
        .withHeader("X-Forwarded-For", "10.0.0.1")
        .withHeader("X-Custom", "theirs")
        .withHeader("CamelHttpUri", second.url("/elsewhere"))
        .withHeader("CamelHttpPath", "/elsewhere")
        .withHeader("CamelHttpQuery", "q=1")
        .withHeader("CamelHttpMethod2", "PUT")
        .withHeader("kafka.TOPIC", "t")
        .send();

    await().atMost(AT_MOST).until(() -> receiver.count() == 1);
    Request request = receiver.requests().get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.path()).isEqualTo("/hook?key=value");
    assertThat(request.headers().stream().map(header -> header.name() + ": " + header.value()))
        .containsExactlyInAnyOrder(
            "Authorization: Bearer abc",
            "X-Custom: 1",
            "X-Signature: " + request.header("X-Signature"),
            "Content-Type: application/json",
            "Content-Length: " + request.body().length,
            "Host: 127.0.0.1:" + receiver.port(),
            "Connection: keep-alive",
            "User-Agent: Segment.io/1.0");
    assertThat(Signatures.verifies(SECRET, request)).isTrue();
    assertThat(second.count()).isZero();
  }

  static Stream<Arguments> temporaryFailures() {
    Duration gap = Duration.ofMillis(50);
    return Stream.of(
        Arguments.of("500", Answer.status(500)),
        Arguments.of("503", Answer.status(503)),
        Arguments.of("503 without Retry-After of 0", Answer.status(503).header("Retry-After", "0")),
        Arguments.of("599", Answer.status(599)),
        Arguments.of("408", Answer.status(408)),
        Arguments.of("425", Answer.status(425)),
        Arguments.of("429", Answer.status(429)),
        Arguments.of("slow", Answer.status(200).after(Duration.ofSeconds(30))),
        Arguments.of("hang", Answer.hang()),
        Arguments.of("drip body", Answer.dripBody(gap)),
        Arguments.of("drip headers", Answer.dripHeaders(gap)),
        Arguments.of("endless headers", Answer.endlessHeaders()),
        Arguments.of("reset", Answer.reset()),
        Arguments.of("no answer", Answer.closeSilently()),
        Arguments.of("garbage", Answer.garbage()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("temporaryFailures")
  void aTemporaryFailureIsRetriedWithTheSameRequest(String name, Answer failure) throws Exception {
    receiver.answerNext(failure, failure);
    start();
    send(track("m1"));

    receiver.awaitCount(3, AT_MOST);
    await().atMost(AT_MOST).until(() -> application.context().getInflightRepository().size() == 0);
    assertThat(receiver.requests().stream().map(Request::text).distinct()).hasSize(1);
    assertThat(receiver.requests())
        .hasSize(3)
        .allMatch(request -> Signatures.verifies(SECRET, request));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void anAttemptEndsAtItsDeadlineHoweverTheReceiverDrips() throws Exception {
    receiver.answerNext(Answer.dripBody(Duration.ofMillis(100)));
    settings.put("webhooks.timeout", "1s");
    start();
    send(track("m1"));

    receiver.awaitCount(2, AT_MOST);
    long between = receiver.requests().get(1).nanos() - receiver.requests().get(0).nanos();
    assertThat(Duration.ofNanos(between))
        .isBetween(Duration.ofMillis(950), Duration.ofMillis(1900));
  }

  static Stream<Arguments> permanentFailures() {
    return Stream.of(
        Arguments.of(400, Answer.status(400)),
        Arguments.of(401, Answer.status(401)),
        Arguments.of(404, Answer.status(404)),
        Arguments.of(410, Answer.status(410)),
        Arguments.of(501, Answer.status(501)),
        Arguments.of(505, Answer.status(505)),
        Arguments.of(301, Answer.redirect(301, "/other")),
        Arguments.of(303, Answer.redirect(303, "/other")),
        Arguments.of(307, Answer.redirect(307, "/other")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("permanentFailures")
  void aPermanentFailureIsADeadLetterAfterOneRequest(int status, Answer.Reply failure) {
    receiver.answer(failure.body("no, \"thank\" you"));
    start();
    send(track("m1"));

    String letter = awaitDeadLetter();
    String webhook = "http://127.0.0.1:" + receiver.port();
    assertThat(letter)
        .startsWith(
            // The outbox assigns the id.
            "{\"id\":1,"
                + "\"reason\":\"rejected\",\"detail\":\"no webhook is left that might accept the event; "
                + webhook
                + ": answered "
                + status
                + "\",\"destination\":\"default\",\"messageId\":\"m1\",\"type\":\"track\",\"lastStatus\":"
                + status
                + ",\"attempts\":1,\"acceptedAt\":\"")
        .contains(
            "\"webhooks\":[{\"webhook\":\""
                + webhook
                + "\",\"state\":\"failed\",\"class\":\""
                + AttemptClass.of(status).label()
                + "\",\"status\":"
                + status
                + ",\"error\":\"answered "
                + status
                + "\",\"answer\":\"no, \\\"thank\\\" you\"}],\"event\":{\"type\":\"track\",\"userId\":\"u\"")
        .endsWith("}}");
    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void anEventIsRetriedWhileTheReceiverIsDownAndArrivesWhenItIsBack() throws Exception {
    receiver.pause();
    start();
    send(track("m1"));
    await().atMost(AT_MOST).until(() -> application.context().getInflightRepository().size() > 0);
    receiver.resume();

    receiver.awaitCount(1, AT_MOST);
  }

  @Test
  void anUnknownHostIsTemporary() {
    settings.put("webhooks.urls", "http://nowhere.invalid/");
    settings.put("webhooks.retry.window", "200ms");
    start();
    send(track("m1"));

    assertThat(awaitDeadLetter())
        .contains("\"reason\":\"expired\"")
        .contains("http://nowhere.invalid: unknown host");
  }

  @Test
  void theReceiversRetryAfterIsHonoured() throws Exception {
    receiver.answerNext(Answer.status(503).header("Retry-After", "1"));
    start();
    send(track("m1"));

    receiver.awaitCount(2, AT_MOST);
    long between = receiver.requests().get(1).nanos() - receiver.requests().get(0).nanos();
    assertThat(Duration.ofNanos(between)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void aStaleConnectionCostsARetryAndNoEvent() throws Exception {
    receiver.answerNext(
        Answer.closeAfter(Answer.status(200)), Answer.closeAfter(Answer.status(200)));
    start();
    for (int i = 1; i <= 3; i++) {
      send(track("m" + i));
      receiver.awaitCount(i, AT_MOST);
    }
    assertThat(receiver.requests().stream().map(Request::text).distinct()).hasSize(3);
  }

  // --- several webhooks

  @Test
  void oneOfTwoIsEnoughByDefaultAndTheOtherIsNotRetried() throws Exception {
    second.answer(Answer.status(503));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    start();
    send(track("m1"));
    send(track("m2"));

    receiver.awaitCount(2, AT_MOST);
    second.awaitCount(2, AT_MOST);
    await().atMost(AT_MOST).until(() -> application.context().getInflightRepository().size() == 0);
    assertThat(second.count()).isEqualTo(2);
  }

  @Test
  void withAcksAllOnlyWhoHasNotAcceptedIsSentToAgain() throws Exception {
    second.answerNext(Answer.status(503), Answer.status(500));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    settings.put("webhooks.acks", "all");
    start();
    send(track("m1"));

    second.awaitCount(3, AT_MOST);
    await().atMost(AT_MOST).until(() -> application.context().getInflightRepository().size() == 0);
    assertThat(receiver.count()).isEqualTo(1);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void whoFailedForGoodIsNotSentToAgain() throws Exception {
    receiver.answer(Answer.status(400));
    second.answerNext(Answer.status(503));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    settings.put("webhooks.acks", "2");
    start();
    send(track("m1"));

    assertThat(awaitDeadLetter())
        .contains("\"reason\":\"rejected\"")
        .contains("\"state\":\"failed\",\"class\":\"4xx\",\"status\":400")
        .contains("\"state\":\"accepted\",\"class\":\"accepted\",\"status\":200");
    assertThat(receiver.count()).isEqualTo(1);
    assertThat(second.count()).isEqualTo(2);
  }

  @Test
  void fiveWebhooksAreAskedAtOnce() throws Exception {
    List<Receiver> receivers = IntStream.range(0, 5).mapToObj(i -> Receiver.start()).toList();
    try {
      receivers.forEach(each -> each.answer(Answer.status(200).after(Duration.ofMillis(300))));
      settings.put("webhooks.timeout", "5s");
      settings.put("webhooks.acks", "all");
      settings.put(
          "webhooks.urls", String.join(",", receivers.stream().map(Receiver::url).toList()));
      start();
      long begin = System.nanoTime();
      send(track("m1"));
      for (Receiver each : receivers) {
        each.awaitCount(1, AT_MOST);
      }
      await()
          .atMost(AT_MOST)
          .until(() -> application.context().getInflightRepository().size() == 0);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(1400));
    } finally {
      receivers.forEach(Receiver::close);
    }
  }

  // --- TLS

  static Stream<Arguments> certificates() {
    return Stream.of(
        Arguments.of(
            "the certificate is not trusted: it is self-signed: ", CERTIFICATES.selfSigned()),
        Arguments.of("the certificate is for another host: ", CERTIFICATES.wrongHost()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("certificates")
  void nothingIsSentBehindACertificateThatIsNotTrusted(String reason, Certificates.Server server)
      throws Exception {
    try (Receiver secure = Receiver.startTls(server)) {
      startTrustingTheAuthority(secure);
      send(track("m1"));

      assertThat(awaitDeadLetter())
          .contains("\"reason\":\"rejected\"")
          .contains(reason)
          .contains("\"attempts\":1");
      assertThat(secure.count()).isZero();
    }
  }

  @Test
  void anExpiredCertificateIsWaitedFor() throws Exception {
    try (Receiver secure = Receiver.startTls(CERTIFICATES.expired())) {
      settings.put("webhooks.retry.in-memory", "0s");
      startTrustingTheAuthority(secure);
      send(track("m1"));

      OutboxFile outbox = new OutboxFile(folder);
      await()
          .atMost(AT_MOST)
          .until(
              () ->
                  outbox.count("outbox WHERE progress LIKE '%the certificate has expired%'") == 1);
      assertThat(outbox.count("dead_letter")).isZero();
      assertThat(secure.count()).isZero();
    }
  }

  @Test
  void aGoodCertificateIsAccepted() throws Exception {
    try (Receiver secure = Receiver.startTls(CERTIFICATES.good())) {
      startTrustingTheAuthority(secure);
      send(track("m1"));
      secure.awaitCount(1, AT_MOST);
    }
  }

  private void startTrustingTheAuthority(Receiver secure) throws Exception {
    settings.put("camel.ssl.enabled", "true");
    settings.put("camel.ssl.trustStore", "file:" + CERTIFICATES.trustStore(folder));
    settings.put("camel.ssl.trustStorePassword", Certificates.PASSWORD);
    settings.put("webhooks.urls", "https://localhost:" + secure.port() + "/hook");
    settings.put("webhooks.timeout", "5s");
    start();
  }

  // --- addresses

  /** Starts with an address that is refused at the attempt only, like a name that changes later. */
  private void startWithARefusedAddress() {
    settings.put("webhooks.allow-private", "false");
    // Addresses that a proxy may look up are not refused at the start.
    settings.put("webhooks.http.useSystemProperties", "true");
    start();
  }

  @Test
  void nothingIsSentToARefusedAddress() {
    startWithARefusedAddress();
    send(track("m1"));

    assertThat(awaitDeadLetter())
        .contains("\"reason\":\"rejected\"")
        .contains(
            "not sent: 127.0.0.1 is not of the public internet and not in webhooks.allow-private")
        .contains("\"attempts\":1");
    assertThat(receiver.connections()).isZero();
  }

  /** The rate goes down while nothing is accepted, so a wrong setting does not empty the outbox. */
  @Test
  void aBacklogForARefusedAddressStaysInTheOutbox() {
    settings.put("webhooks.down.after", "1s");
    startWithARefusedAddress();
    send(
        IntStream.range(0, 2000)
            .mapToObj(i -> track("m" + i))
            .collect(Collectors.joining(",", "[", "]")));

    OutboxFile outbox = new OutboxFile(folder);
    String health = application.url("/observe/health?exposureLevel=full&data=true");
    await().atMost(AT_MOST).until(() -> Http.send("GET", health).body().contains("down since"));
    await()
        .atMost(AT_MOST)
        .until(() -> outbox.count("outbox") + outbox.count("dead_letter") == 2000);
    assertThat(outbox.count("dead_letter")).isPositive().isLessThan(200);
  }

  @Test
  void theBuiltInBinIsSentToWithoutASetting() {
    settings.remove("webhooks.urls");
    settings.put("webhooks.allow-private", "false");
    start();
    send(track("m1"));

    await()
        .atMost(AT_MOST)
        .until(() -> Http.send("GET", application.url("/bin")).body().contains("m1"));
  }

  // --- batches

  @Test
  void eventsAreSentAsAnArrayThatIsSignedByItsFirst() throws Exception {
    settings.put("webhooks.batch.size", "3");
    settings.put("webhooks.batch.interval", "300ms");
    start();
    // In one request, so that the interval does not end in between.
    send("[" + track("m1") + "," + track("m2") + "," + track("m3") + "," + track("m4") + "]");

    receiver.awaitCount(2, AT_MOST);
    List<Request> requests = receiver.requests();
    assertThat(requests.get(0).text()).startsWith("[{").endsWith("}]").contains("\"m1\"", "\"m3\"");
    assertThat(requests.get(1).text()).startsWith("[{").contains("\"m4\"");
    assertThat(requests).allMatch(request -> Signatures.verifies(SECRET, request));
  }

  @Test
  void aBadEventDoesNotSinkItsBatch() throws Exception {
    receiver.answerBy(request -> Answer.status(request.text().contains("\"m2\"") ? 400 : 200));
    settings.put("webhooks.batch.size", "3");
    start();
    send("[" + track("m1") + "," + track("m2") + "," + track("m3") + "]");

    receiver.awaitCount(4, AT_MOST);
    assertThat(awaitDeadLetter()).contains("\"messageId\":\"m2\"", "\"reason\":\"rejected\"");
    List<Request> singles = receiver.requests().subList(1, 4);
    assertThat(singles).allMatch(request -> request.text().startsWith("[{"));
    assertThat(singles).allMatch(request -> Signatures.verifies(SECRET, request));
    assertThat(singles.stream().map(request -> new String(request.body(), UTF_8)))
        .anyMatch(text -> text.contains("\"m1\""))
        .anyMatch(text -> text.contains("\"m3\""));
  }

  @Test
  void aStopLosesNothingOfWhatHasBeenGathered() {
    settings.put("webhooks.batch.size", "10");
    settings.put("webhooks.batch.interval", "1h");
    start();
    send(track("m1"));
    send(track("m2"));
    application.close();

    // It can wait for the next start, so it gets no last attempt.
    assertThat(receiver.count()).isZero();
    settings.put("webhooks.batch.interval", "50ms");
    start();
    await().atMost(AT_MOST).until(() -> receiver.messageIds().size() == 2);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m1", 1, "m2", 1));
  }

  @Test
  void aBatchThatFailsForATimeIsRetriedAsItWas() throws Exception {
    receiver.answerNext(Answer.status(503), Answer.reset());
    settings.put("webhooks.batch.size", "2");
    start();
    send("[" + track("m1") + "," + track("m2") + "]");

    receiver.awaitCount(3, AT_MOST);
    assertThat(receiver.requests().stream().map(Request::text).distinct()).hasSize(1);
  }
}
