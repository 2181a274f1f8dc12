package io.dromedary.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.Signatures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Dromedary in an application of somebody else, who has routes and error handling of their own: the
 * projects in src/it, whose file shop.camel.yaml has a handler for every exception of every route.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(Host.class)
class DropInIT {

  private static final String SECRET = "the-shop's-secret";
  private static final Duration AT_MOST = Duration.ofSeconds(60);

  /** What the shop says of its own accord. */
  private static final String SHOP = "The shop ";

  private static Path folder;
  private static Receiver first;
  private static Receiver second;
  private static Process process;
  private static int port;

  @Parameter private Host host;

  @BeforeParameterizedClassInvocation
  static void start(Host host, @TempDir Path empty) {
    folder = empty;
    port = Application.freePort();
    first = Receiver.start();
    second = Receiver.start();
    process =
        host.launch(
            folder,
            port,
            Map.of(
                "WEBHOOKS_URLS", first.url() + "," + second.url(),
                "WEBHOOKS_ACKS", "all",
                "WEBHOOKS_MANAGEMENT_PATH", "/shop/webhooks",
                "WEBHOOKS_CORS_ORIGINS", "*",
                "WEBHOOKS_RETRY_INITIAL_DELAY", "50ms"));
    List<Integer> early = new ArrayList<>();
    await()
        .atMost(AT_MOST)
        .ignoreExceptionsMatching(e -> process.isAlive())
        .failFast(() -> assertThat(process.isAlive()).as(log()).isTrue())
        .until(
            () -> {
              early.add(Http.send("OPTIONS", url("/v1/track")).status());
              return Http.send("GET", url(host.healthPath)).status() == 200;
            });
    assertThat(early).as("who comes too early must not hear 404").isSubsetOf(200, 503);
  }

  /** Each host ends with an event in flight, which must be neither lost nor repeated. */
  @AfterParameterizedClassInvocation
  static void stop() throws InterruptedException {
    try {
      second.answer(Answer.status(200).after(Duration.ofSeconds(1)));
      track("At Last");
      awaitArrivals(second, "At Last", 1);

      process.destroy();

      assertThat(process.waitFor(AT_MOST.toSeconds(), SECONDS)).as(log()).isTrue();
      assertThat(outbox().count("outbox")).as(log()).isZero();
      assertThat(arrived(first, "At Last")).hasSize(1);
      assertThat(arrived(second, "At Last")).hasSize(1);
    } finally {
      process.destroyForcibly();
      first.close();
      second.close();
    }
  }

  @AfterEach
  void acceptAll() {
    first.answer(Answer.status(200));
    second.answer(Answer.status(200));
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  private static String log() {
    try {
      return Files.readString(Host.log(folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the shop has had to do with something. */
  private static List<String> shop(String about) {
    return log().lines().filter(line -> line.contains(SHOP) && line.contains(about)).toList();
  }

  private static void track(String event) {
    Http.Response answer =
        Http.post(url("/v1/track"), "{\"userId\":\"u\",\"event\":\"" + event + "\"}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  private static List<Request> arrived(Receiver receiver, String part) {
    return receiver.requests().stream().filter(request -> request.text().contains(part)).toList();
  }

  private static void awaitArrivals(Receiver receiver, String part, int count) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(arrived(receiver, part)).as(log()).hasSize(count));
  }

  private static OutboxFile outbox() {
    return new OutboxFile(folder.resolve("data"));
  }

  @Test
  void anEventArrivesSignedByTheSettingsOfTheHost() {
    track("Signed Up");

    for (Receiver receiver : List.of(first, second)) {
      awaitArrivals(receiver, "Signed Up", 1);
      Request request = arrived(receiver, "Signed Up").get(0);
      assertThat(Signatures.verifies(SECRET, request)).isTrue();
      assertThat(request.header("X-Shop")).isEqualTo("shoes");
    }
  }

  @Test
  void thePageIsServedBelowThePathOfTheSettings() {
    Http.Response page = Http.send("GET", url("/shop/webhooks"), "Accept", "text/html");
    Http.Response css = Http.send("GET", url("/shop/webhooks/page.css"));

    assertThat(page.status()).as(page.body()).isEqualTo(200);
    // Servers write parameters with a blank before them, or without.
    assertThat(page.headers("Content-Type")).singleElement().asString().startsWith("text/html;");
    assertThat(page.headers("Content-Security-Policy")).hasSize(1);
    assertThat(page.headers("Cache-Control")).containsExactly("no-store");
    assertThat(page.body()).contains("href=\"webhooks/page.css\"", "default/1", first.url());
    assertThat(css.status()).isEqualTo(200);
    assertThat(css.headers("Content-Type")).singleElement().asString().startsWith("text/css;");
    assertThat(css.headers("Cache-Control")).containsExactly("no-cache");
    String tag = css.headers("ETag").get(0);
    assertThat(Http.send("GET", url("/shop/webhooks/page.css"), "If-None-Match", tag).status())
        .isEqualTo(304);
  }

  @Test
  void formsOfThePageComeAsABrowserSendsThem() {
    String webhook = url("/shop/webhooks/webhooks/default/1");
    String type = "application/x-www-form-urlencoded";

    Http.Response done =
        Http.post(
            webhook, "do=test", "Content-Type", type, "Origin", url(""), "Accept", "text/html");
    Http.Response refused =
        Http.post(webhook, "do=test", "Content-Type", type, "Origin", "https://evil.example");

    assertThat(done.status()).as(done.body()).isEqualTo(200);
    assertThat(done.body()).contains("accepted, 200 in");
    assertThat(refused.status()).isEqualTo(403);
  }

  @Test
  void aRoundThatFailsIsRepeatedByDromedaryAlone() {
    second.answerBy(request -> Answer.status(arrived(second, "Again").size() <= 2 ? 503 : 200));

    track("Again");

    awaitArrivals(second, "Again", 3);
    await().atMost(AT_MOST).until(() -> outbox().count("outbox") == 0);
    assertThat(arrived(first, "Again")).hasSize(1);
    assertThat(shop("round")).isEmpty();
    assertThat(shop("webhooks")).isEmpty();
  }

  @Test
  void whatIsGivenUpIsADeadLetterOfDromedary() {
    first.answer(Answer.status(400));
    second.answer(Answer.status(400));

    track("Unwanted");

    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        Http.send("GET", url("/shop/webhooks/dead-letters?reason=rejected")).body())
                    .contains("Unwanted"));
    assertThat(shop("buries")).isEmpty();
  }

  @Test
  void aSenderIsToldToComeAgainAndTheHostNothing() {
    track("Before");
    outbox().refuse("outbox", "true");
    try {
      Http.Response answer =
          Http.post(url("/v1/track"), "{\"userId\":\"u\",\"event\":\"Refused\"}");

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.headers("Retry-After")).containsExactly("5");
      assertThat(shop("refused")).isEmpty();
    } finally {
      outbox().allow();
    }
  }

  @Test
  void aRouteOfTheHostThatFailsIsHandledByTheHost() {
    assertThat(Http.send("GET", url("/shop/fails")).body()).isEqualTo("The shop is sorry");

    assertThat(shop("handles")).singleElement().asString().contains("handles no such shoe");
    assertThat(shop("audits")).isNotEmpty().allMatch(line -> line.contains("audits shop-"));
  }

  @Test
  void aRouteOfTheHostSendsToTheOutbox() {
    Http.Response answer =
        Http.post(
            url("/shop/orders"),
            "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Ordered\",\"messageId\":\"o-1\"}");

    assertThat(answer.body()).isEqualTo("ordered");
    awaitArrivals(first, "Ordered", 1);
    assertThat(Signatures.verifies(SECRET, arrived(first, "Ordered").get(0))).isTrue();
  }

  @Test
  void bodiesAreTakenAsTheyCame() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(
          "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Größe 🐪\"}]}"
              .getBytes(UTF_8));
    }

    Http.Response answer =
        Http.post(
            url("//v1/batch/"),
            bytes.toByteArray(),
            "Content-Encoding",
            "gzip",
            "Content-Type",
            "application/x-www-form-urlencoded");

    assertThat(answer.body()).isEqualTo("{\"success\":true}");
    awaitArrivals(first, "Größe 🐪", 1);
  }

  @Test
  void aBodyThatIsTooLongIsRefused() {
    byte[] tooLong = new byte[2 * 1024 * 1024];

    assertThat(Http.post(url("/v1/track"), tooLong).status()).isEqualTo(413);
    assertThat(Http.postChunks(url("/v1/track"), List.of(tooLong)).status()).isEqualTo(413);
  }

  /** As a server in front would let it through, which knows of /v1 only. */
  @Test
  void aPathInDisguiseIsRefused() throws IOException {
    assertThat(firstLine("GET", "/v1/%2e%2e/shop/webhooks/dead-letters", "127.0.0.1"))
        .contains(" 400 ");
    assertThat(firstLine("GET", "/v1/..;/shop/webhooks/dead-letters", "127.0.0.1"))
        .contains(" 400 ");
  }

  /** By a name whose owner has made it stand for 127.0.0.1. */
  @Test
  void withoutKeysOnlyALoopbackHostIsServed() throws IOException {
    assertThat(firstLine("POST", "/v1/track", "evil.example")).contains(" 403 ");
    assertThat(firstLine("GET", "/shop/webhooks/dead-letters", "evil.example")).contains(" 403 ");
  }

  private static String firstLine(String method, String path, String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) AT_MOST.toMillis());
      String head = "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(head.formatted(method, path, host).getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(16), US_ASCII);
    }
  }

  /** It is in the properties of each. */
  @Test
  void aKeyOfTheHostsThatBeginsAsOursIsAWarning() {
    assertThat(log()).contains("webhooks.orders.url: no such key; ").contains("It is ignored");
  }

  @Test
  void aBrowserMaySend() {
    Http.Response answer =
        Http.send(
            "OPTIONS",
            url("/v1/track"),
            "Origin",
            "https://shop.example",
            "Access-Control-Request-Method",
            "POST");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers("Access-Control-Allow-Origin")).containsExactly("*");
    assertThat(answer.headers("Access-Control-Allow-Methods")).containsExactly("POST, OPTIONS");
  }

  @Test
  void theHostsHealthIsDownWhileTheOutboxIs() throws IOException {
    track("Stored");
    Path file = folder.resolve("data/outbox.db");
    Path away = folder.resolve("data/away.db");
    Files.move(file, away);
    try {
      assertThat(Http.post(url("/v1/track"), "{\"userId\":\"u\",\"event\":\"Lost\"}").status())
          .isEqualTo(503);
      assertThat(Http.send("GET", url(host.healthPath)).status()).isEqualTo(503);
    } finally {
      Files.move(away, file);
    }
    await().atMost(AT_MOST).until(() -> Http.send("GET", url(host.healthPath)).status() == 200);
    assertThat(shop("Lost")).isEmpty();
  }

  /** With the secret of application.yaml or application.properties. */
  @Test
  void theStartIsSummedUpAsInTheApplication() {
    assertThat(
            log()
                .lines()
                .map(line -> line.replaceFirst("^.*?(?=Dromedary is|  [a-z]+( [a-z]+)?  )", "")))
        .containsSubsequence(
            "Dromedary is ready",
            "  inbound       tracking API on http://127.0.0.1:" + port + "/v1, without write key",
            "  webhooks      " + first.url() + ", " + second.url(),
            "  accepted by   2 of 2",
            "  signed        x-signature, secret 6e8abda1",
            "  retried for   4h, an attempt ends after 5s",
            "  queue         outbox:default in jdbc:sqlite:data/outbox.db",
            "  dead letters  in the outbox for 720h")
        .containsOnlyOnce("Dromedary is ready");
  }

  @Test
  void badSettingsStopTheStart(@TempDir Path other) throws Exception {
    Process bad =
        host.launch(
            other,
            Application.freePort(),
            Map.of("WEBHOOKS_TIMEOUT", "soon"),
            "-D" + host.addressKey + "=0.0.0.0",
            "-Dwebhooks.timeout=later");

    assertThat(bad.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();

    assertThat(bad.exitValue()).isNotZero();
    assertThat(Files.readString(Host.log(other)))
        .contains(
            """
            Dromedary cannot start: 3 settings are wrong.
              webhooks.write-key.secret: found nothing, expected at least one write key, since the server listens beyond loopback (%s is "0.0.0.0").
              webhooks.urls: found nothing, expected one to five webhook URLs, since the built-in request bin is served on loopback only.
              webhooks.timeout: found "%s", expected a duration from 10ms to 10m, such as 5s.
            """
                .formatted(host.addressKey, host.isPropertyBeforeVariable() ? "later" : "soon"));
  }
}
