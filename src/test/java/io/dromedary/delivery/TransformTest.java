package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.Signatures;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what a user's transform may do with an event, and what follows if it fails. */
class TransformTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "s3cret";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, Object> beans = new HashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private Application application;

  @BeforeEach
  void settings() {
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.signing.secret", SECRET);
    settings.put("webhooks.transform", "direct:change");
    beans.put("change", (Processor) this::change);
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  /** Starts with a transform that is a user's route. */
  private void start(String steps) throws IOException {
    Path routes = Files.createDirectories(folder.resolve("routes"));
    Files.writeString(
        routes.resolve("change.camel.yaml"),
        """
        - route:
            id: change
            from:
              uri: direct:change
              steps:
        """
            + steps.indent(8));
    application = Application.start(folder, settings, beans);
  }

  /** Changes an event in the way that its messageId says. */
  private void change(Exchange exchange) throws IOException {
    calls.incrementAndGet();
    byte[] event = exchange.getMessage().getBody(byte[].class);
    JsonNode json = JSON.readTree(event);
    String id = exchange.getMessage().getHeader("DromedaryMessageId", String.class);
    assertThat(json.get("messageId").asText()).isEqualTo(id);
    assertThat(exchange.getMessage().getHeader("DromedaryType")).isEqualTo("track");
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("messageId", id);
    map.put("n", 1.0);
    String text = "{ \"messageId\": \"" + id + "\", \"n\": 1.0, \"2\": \"\\u00e9\\/\" }";
    Object body =
        switch (id) {
          case "text" -> text;
          case "bytes" -> text.getBytes(UTF_8);
          case "stream" -> new ByteArrayInputStream(text.getBytes(UTF_8));
          case "map" -> map;
          case "node" -> JSON.valueToTree(map);
          case "null" -> null;
          case "blank" -> " \n";
          case "list" -> List.of(1);
          case "broken" -> "{\"messageId\":";
          case "long" -> "{\"messageId\":\"" + "x".repeat(64 * 1024) + "\"}";
          case "throws" -> throw new IOException("no mask at hand");
          case "error" -> throw new NoClassDefFoundError("com/example/Mask");
          case "overwrites" -> {
            Arrays.fill(event, (byte) ' ');
            throw new IOException("after writing to the body");
          }
          default -> event;
        };
    exchange.getMessage().setHeader("X-Leak", "x");
    exchange.getMessage().setBody(body);
  }

  private static final String CHANGE = "- process:\n    ref: change\n";

  private static String event(String messageId) {
    return "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\""
        + messageId
        + "\",\"receivedAt\":\"2026-01-02T03:04:05.000Z\",\"timestamp\":\"2026-01-02T03:04:05.000Z\","
        + "\"version\":1}";
  }

  private void send(String... messageIds) {
    String body = Stream.of(messageIds).map(TransformTest::event).collect(Collectors.joining("\n"));
    application.context().createFluentProducerTemplate().to("direct:in").withBody(body).send();
  }

  private OutboxFile outbox() {
    return new OutboxFile(folder);
  }

  private void awaitDone() {
    await().atMost(AT_MOST).until(() -> outbox().count("outbox") == 0);
  }

  /** Returns the received bodies by message id, after verifying their signatures. */
  private Map<String, String> received() {
    return receiver.requests().stream()
        .peek(request -> assertThat(Signatures.verifies(SECRET, request)).isTrue())
        .peek(request -> assertThat(request.headers("X-Leak")).isEmpty())
        .map(Request::text)
        .collect(
            Collectors.toMap(
                text -> text.replaceFirst(".*\"messageId\":\"(\\w+)\".*", "$1"), text -> text));
  }

  /** Returns the dead letters by message id. */
  private Map<String, JsonNode> deadLetters() throws IOException {
    JsonNode page =
        JSON.readTree(
            Http.send("GET", application.url("/dromedary/dead-letters?reason=transform")).body());
    Map<String, JsonNode> letters = new HashMap<>();
    page.get("deadLetters").forEach(each -> letters.put(each.get("messageId").asText(), each));
    return letters;
  }

  @Test
  void whatItAnswersIsSentAsJsonStringifyWritesIt() throws Exception {
    start(CHANGE);

    send("text", "bytes", "stream", "map", "node", "same", "null", "blank");
    awaitDone();

    Map<String, String> expected = new HashMap<>();
    for (String id : List.of("text", "bytes", "stream")) {
      expected.put(id, "{\"2\":\"é/\",\"messageId\":\"" + id + "\",\"n\":1}");
    }
    expected.put("map", "{\"messageId\":\"map\",\"n\":1}");
    expected.put("node", "{\"messageId\":\"node\",\"n\":1}");
    expected.put("same", event("same"));
    assertThat(received()).isEqualTo(expected);
    assertThat(outbox().count("dead_letter")).isZero();
  }

  @Test
  void whatItFailsAtIsADeadLetterAtOnceWithTheEventAsItWas() throws Exception {
    start(CHANGE);

    send("list", "broken", "long", "throws", "overwrites", "same");
    awaitDone();

    assertThat(received()).isEqualTo(Map.of("same", event("same")));
    assertThat(calls).hasValue(6);
    Map<String, JsonNode> letters = deadLetters();
    Map<String, String> details = new HashMap<>();
    letters.forEach((id, letter) -> details.put(id, letter.get("detail").asText()));
    assertThat(details)
        .isEqualTo(
            Map.of(
                "list", "the transform failed: expected a JSON object, found another value",
                "broken",
                    "the transform failed: its answer is not JSON: unexpected end of text at byte 13,"
                        + " expected a value",
                "long", "the transform failed: expected at most 65536 bytes, found more",
                "throws", "the transform failed: IOException: no mask at hand",
                "overwrites", "the transform failed: IOException: after writing to the body"));
    letters.forEach(
        (id, letter) -> {
          assertThat(letter.get("event").toString()).isEqualTo(event(id));
          assertThat(letter.get("attempts").asInt()).isZero();
        });
  }

  /** Camel throws this while a route is being reloaded. */
  @Test
  void aRouteThatStopsIsNoFaultOfTheEvent() throws Exception {
    AtomicInteger rejected = new AtomicInteger();
    beans.put(
        "change",
        (Processor)
            exchange -> {
              if (rejected.getAndIncrement() < 2) {
                throw new RejectedExecutionException();
              }
            });
    start(CHANGE);
    send("late");
    await().atMost(AT_MOST).until(() -> receiver.messageIds().equals(Map.of("late", 1)));
    awaitDone();
    assertThat(folder.resolve("dead-letters.jsonl")).doesNotExist();
  }

  @Test
  void anErrorIsAFailureLikeAnyOther() throws Exception {
    start(CHANGE);
    send("error", "text");
    Path told = folder.resolve("dead-letters.jsonl");
    await().atMost(AT_MOST).until(() -> receiver.messageIds().size() == 1 && Files.exists(told));
    awaitDone();

    assertThat(receiver.messageIds()).isEqualTo(Map.of("text", 1));
    JsonNode letter = JSON.readTree(Files.readString(told));
    assertThat(letter.get("reason").asText()).isEqualTo("transform");
    assertThat(letter.get("detail").asText())
        .isEqualTo("the transform failed: NoClassDefFoundError: com/example/Mask");
    assertThat(letter.get("event").toString()).isEqualTo(event("error"));
  }

  @Test
  void itIsTheSameInBatches() throws Exception {
    settings.put("webhooks.batch.size", "2");
    settings.put("webhooks.batch.interval", "50ms");
    start(CHANGE);

    send("text", "null", "throws", "map");
    Path told = folder.resolve("dead-letters.jsonl");
    await().atMost(AT_MOST).until(() -> receiver.messageIds().size() == 2 && Files.exists(told));
    application.close();

    assertThat(receiver.messageIds()).isEqualTo(Map.of("text", 1, "map", 1));
    assertThat(receiver.requests())
        .allSatisfy(request -> assertThat(Signatures.verifies(SECRET, request)).isTrue());
    JsonNode letter = JSON.readTree(Files.readString(told));
    assertThat(letter.get("reason").asText()).isEqualTo("transform");
    assertThat(letter.get("event").toString()).isEqualTo(event("throws"));
    assertThat(outbox().count("outbox")).isZero();
  }

  @Test
  void aReplayIsTransformedAgain() throws Exception {
    start(CHANGE);
    send("throws");
    awaitDone();
    assertThat(receiver.count()).isZero();

    application.close();
    beans.put("change", (Processor) this::mended);
    start(CHANGE);
    assertThat(
            Http.send("POST", application.url("/dromedary/dead-letters/replay?reason=transform"))
                .toString())
        .startsWith("200 ");
    receiver.awaitCount(1, AT_MOST);
    awaitDone();

    assertThat(receiver.requests().get(0).text())
        .isEqualTo(event("throws").replace("\"u\"", "\"masked\""));
    assertThat(outbox().count("dead_letter")).isZero();
  }

  private void mended(Exchange exchange) {
    String text = Objects.requireNonNull(exchange.getMessage().getBody(String.class));
    exchange.getMessage().setBody(text.replace("\"u\"", "\"masked\""));
  }

  @Test
  void aRetryIsOfWhatWasTransformedAndADeadLetterOfWhatCame() throws Exception {
    settings.put("webhooks.retry.initial-delay", "10ms");
    beans.put("change", (Processor) this::mended);
    receiver.answerNext(Answer.status(503), Answer.status(503), Answer.status(400));
    start(CHANGE);
    send("m");
    awaitDone();

    assertThat(receiver.requests())
        .hasSize(3)
        .allSatisfy(
            request ->
                assertThat(request.text()).isEqualTo(event("m").replace("\"u\"", "\"masked\"")));
    JsonNode page =
        JSON.readTree(Http.send("GET", application.url("/dromedary/dead-letters")).body());
    assertThat(page.at("/deadLetters/0/reason").asText()).isEqualTo("rejected");
    assertThat(page.at("/deadLetters/0/event").toString()).isEqualTo(event("m"));
  }

  /** The transform is defined in YAML, for one destination only. */
  @Test
  void aRouteMayDropByStopAndChangeByExpressions() throws Exception {
    Receiver other = Receiver.start();
    settings.put("webhooks.destination.plain.urls", other.url());
    try {
      start(
          """
          - choice:
              when:
                - expression:
                    simple:
                      expression: ${header.DromedaryMessageId} == 'drop'
                  steps:
                    - stop: {}
          - setBody:
              expression:
                simple:
                  expression: '{"id": "${header.DromedaryMessageId}"}'
          """);
      send("drop", "keep");
      awaitDone();

      assertThat(receiver.requests())
          .extracting(Request::text)
          .containsExactly("{\"id\":\"keep\"}");
      assertThat(other.messageIds()).isEqualTo(Map.of("drop", 1, "keep", 1));
      assertThat(outbox().count("dead_letter")).isZero();
    } finally {
      other.close();
    }
  }

  @Test
  void theExampleOfTheDocumentationWorks() throws Exception {
    String page = Files.readString(Path.of("docs/webhooks.md"));
    String example =
        page.replaceFirst("(?s).*```yaml\n(- route:\n    id: mask-email\n.*?)```.*", "$1");
    Path routes = Files.createDirectories(folder.resolve("routes"));
    Files.writeString(routes.resolve("mask-email.camel.yaml"), example);
    settings.put("webhooks.transform", "direct:mask-email");
    application = Application.start(folder, settings, beans);

    String event =
        event("m")
            .replace("\"userId\"", "\"traits\":{\"email\":\"a@b.example\",\"n\":1},\"userId\"");
    application.context().createFluentProducerTemplate().to("direct:in").withBody(event).send();
    awaitDone();

    assertThat(received()).isEqualTo(Map.of("m", event.replace("a@b.example", "***")));
  }

  /**
   * A host may have an error handler for all routes; an event that was not masked must not be sent.
   */
  @Test
  void whatAnErrorHandlerHasTakenForHandledHasFailedAllTheSame() throws Exception {
    Path routes = Files.createDirectories(folder.resolve("routes"));
    Files.writeString(
        routes.resolve("handler.camel.yaml"),
        """
        - routeConfiguration:
            errorHandler:
              deadLetterChannel:
                deadLetterUri: log:failed?level=OFF
        """);
    start(CHANGE);
    send("throws", "same");
    awaitDone();

    assertThat(received()).isEqualTo(Map.of("same", event("same")));
    assertThat(deadLetters()).containsOnlyKeys("throws");
  }
}
