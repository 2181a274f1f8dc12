package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Repetitions;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import io.dromedary.testing.Signatures;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.ExchangeBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One property swaps the inbound endpoint, and the webhook gets the same. */
class InboundTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String SECRET = "sharedsecretvalue";
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final String TIME = "2026-01-02T03:04:05.000Z";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, Object> beans = new HashMap<>();
  private Application application;

  private final Repetitions repetitions = new Repetitions();

  @BeforeEach
  void settings() {
    settings.put("webhooks.urls", receiver.url("/hook"));
    settings.put("webhooks.signing.secret", SECRET);
    beans.put("dromedary-clock", new SettableClock(NOW));
    beans.put("repetitions", repetitions);
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(String inbound) {
    settings.put("webhooks.inbound", inbound);
    application = Application.start(folder, settings, beans);
  }

  /** A complete event. Nothing is filled in, so it is delivered unchanged. */
  private static String event(int number) {
    return ("{'type':'track','event':'Sold','userId':'u','messageId':'m-%d','receivedAt':'%s',"
            + "'timestamp':'%s','version':1}")
        .formatted(number, TIME, TIME)
        .replace('\'', '"');
  }

  private static List<String> events(int... numbers) {
    return IntStream.of(numbers).mapToObj(InboundTest::event).toList();
  }

  /** Waits for these bodies, in any order, and checks that each is signed. */
  private void assertArrive(List<String> bodies) throws InterruptedException {
    receiver.awaitCount(bodies.size(), AT_MOST);
    assertThat(receiver.requests())
        .allSatisfy(request -> assertThat(Signatures.verifies(SECRET, request)).isTrue())
        .extracting(Request::text)
        .containsExactlyInAnyOrderElementsOf(bodies);
  }

  /** The dead letters that were sent to webhooks.dead-letter, without their ids in the outbox. */
  private String deadLetters() {
    Path file = folder.resolve("dead-letters.jsonl");
    try {
      String told = Files.exists(file) ? Files.readString(file) : "";
      return told.replaceAll("(?m)^\\{\"id\":[1-9]\\d*,", "{");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for dead letters, which are sent some time after they are stored. */
  private void awaitDeadLetters(String expected) {
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(deadLetters()).isEqualTo(expected));
  }

  /** The dead letter of a text that is not an event. */
  private static String deadLetter(String detail, String text) {
    return "{\"reason\":\"invalid\",\"detail\":\""
        + detail.replace("\"", "\\\"")
        + "\",\"destination\":\"default\",\"attempts\":0,\"acceptedAt\":\"2026-01-02T03:04:05Z\""
        + ",\"deadAt\":\"2026-01-02T03:04:05Z\",\"text\":\""
        + text.replace("\"", "\\\"")
        + "\"}\n";
  }

  // A directory.

  private Path inbox() throws IOException {
    return Files.createDirectories(folder.resolve("inbox"));
  }

  private void put(String name, String text) throws IOException {
    // Moved into place, so that the consumer never sees half a file.
    Path file = Files.writeString(folder.resolve(name), text);
    Files.move(file, inbox().resolve(name));
  }

  /** The files of the inbox, including those that are done. */
  private List<String> files() {
    try (Stream<Path> files = Files.walk(inbox())) {
      return files.filter(Files::isRegularFile).map(file -> inboxName(file)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String inboxName(Path file) {
    return folder.resolve("inbox").relativize(file).toString();
  }

  @Test
  void filesHoldAnEventOrManyAndAreMovedAfterwards() throws Exception {
    put("array.json", "[" + event(1) + ",\n " + event(2) + "]");
    put("batch.json", "{\"batch\":[" + event(3) + "]}");
    put("lines.jsonl", event(4) + "\n{\"type\":\"track\",\n\n" + event(5) + "\r\n" + event(6));
    put("object.json", "\n " + event(7).replace(",", " ,\n ") + "\n");

    start("file:" + inbox());

    assertArrive(events(1, 2, 3, 4, 5, 6, 7));
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(files())
                    .containsExactly(
                        ".camel/array.json",
                        ".camel/batch.json",
                        ".camel/lines.jsonl",
                        ".camel/object.json"));
    awaitDeadLetters(
        deadLetter(
            "invalid_json: unexpected end of text at byte 170, expected a name in double quotes",
            "{\"type\":\"track\","));
  }

  /** The store that an application has left. */
  private OutboxFile outbox() {
    start("direct:in");
    application.close();
    return new OutboxFile(folder);
  }

  @Test
  void aFileIsHeldBackUntilAllOfItIsStored() throws Exception {
    OutboxFile outbox = outbox();
    outbox.refuse("dead_letter", "true");
    put("lines.jsonl", event(1) + "\nbroken\n" + event(2));
    start("file:" + inbox() + "?delay=50");
    repetitions.awaitNext();
    application.close();
    assertThat(files()).containsExactly("lines.jsonl");
    assertThat(receiver.count()).isZero();

    start("file:" + inbox() + "?delay=50");
    repetitions.awaitNext();
    outbox.allow();
    assertArrive(events(1, 2));
    await().atMost(AT_MOST).until(() -> files().equals(List.of(".camel/lines.jsonl")));
    assertThat(outbox.count("dead_letter")).isEqualTo(1);
  }

  @Test
  void aFileThatACrashHasLeftIsReadAgainAndItsEventsAreKnown() throws Exception {
    put("lines.jsonl", event(1) + "\n" + event(2));
    start("file:" + inbox() + "?delay=50");
    assertArrive(events(1, 2));
    await().atMost(AT_MOST).until(() -> files().equals(List.of(".camel/lines.jsonl")));
    application.close();
    // The state after a process that ended between the commit and the move.
    Files.move(inbox().resolve(".camel/lines.jsonl"), inbox().resolve("lines.jsonl"));
    put("more.jsonl", event(3));

    start("file:" + inbox() + "?delay=50");

    await()
        .atMost(AT_MOST)
        .until(() -> files().equals(List.of(".camel/lines.jsonl", ".camel/more.jsonl")));
    assertArrive(events(1, 2, 3));
  }

  @Test
  void aFileWhosePartCannotBeStoredGoesOnWithThatPart() throws Exception {
    // Without de-duplication, an event that was stored twice would be sent twice.
    settings.put("webhooks.dedup.window", "0s");
    int count = 6000;
    OutboxFile outbox = outbox();
    outbox.refuse("outbox", "NEW.message_id = 'm-3000'");
    put(
        "lines.jsonl",
        IntStream.range(0, count).mapToObj(InboundTest::event).collect(Collectors.joining("\n")));
    start("file:" + inbox() + "?delay=50");
    receiver.awaitCount(2500, AT_MOST);
    repetitions.awaitNext();
    assertThat(files()).containsExactly("lines.jsonl");
    assertThat(receiver.messageIds()).hasSize(2500);

    outbox.allow();
    receiver.awaitCount(count, AT_MOST);
    await().atMost(AT_MOST).until(() -> files().equals(List.of(".camel/lines.jsonl")));
    await().atMost(AT_MOST).until(() -> outbox.count("outbox") == 0);
    assertThat(receiver.messageIds()).hasSize(count);
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }

  // A queue, with bodies of any kind.

  /** A bean as an application might have. */
  public record Sold(
      String type,
      String event,
      String userId,
      String messageId,
      Instant receivedAt,
      Instant timestamp,
      int version) {

    static Sold of(int number) {
      return new Sold("track", "Sold", "u", "m-" + number, NOW, NOW, 1);
    }

    /** The event's JSON. Jackson writes instants without milliseconds if these are 0. */
    static String json(int number) {
      return InboundTest.event(number).replace(".000Z", "Z");
    }
  }

  private static Map<String, Object> map(int number) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("type", "track");
    map.put("event", "Sold");
    map.put("userId", "u");
    map.put("messageId", "m-" + number);
    map.put("receivedAt", TIME);
    map.put("timestamp", TIME);
    map.put("version", 1);
    return map;
  }

  static Stream<Arguments> bodies() throws JsonProcessingException {
    byte[] bytes = event(1).getBytes(UTF_8);
    return Stream.of(
        arguments("String", event(1), events(1)),
        arguments("CharSequence", CharBuffer.wrap(event(1)), events(1)),
        arguments("byte[]", bytes, events(1)),
        arguments("ByteBuffer", ByteBuffer.wrap(bytes), events(1)),
        arguments("InputStream", new ByteArrayInputStream(bytes), events(1)),
        arguments("Reader", new StringReader(event(1)), events(1)),
        arguments("String with an array", "[" + event(1) + "," + event(2) + "]", events(1, 2)),
        arguments("String with lines", event(1) + "\n" + event(2), events(1, 2)),
        arguments("Map", map(1), events(1)),
        arguments("List of Maps", List.of(map(1), map(2)), events(1, 2)),
        arguments("POJO", Sold.of(1), List.of(Sold.json(1))),
        arguments(
            "List of POJOs", List.of(Sold.of(1), Sold.of(2)), List.of(Sold.json(1), Sold.json(2))),
        arguments("JsonNode", new ObjectMapper().readTree(event(1)), events(1)),
        arguments(
            "JsonNode with an array",
            new ObjectMapper().readTree("[" + event(1) + "," + event(2) + "]"),
            events(1, 2)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void aMessageMayHaveABodyOfAnyKind(String kind, Object body, List<String> events)
      throws InterruptedException {
    start("seda:in?pollTimeout=20");

    application.context().createProducerTemplate().sendBody("seda:in", body);

    assertArrive(events);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void messagesOfAGroupAreReadAsIfTheyCameOneByOne() throws InterruptedException {
    start("seda:in?pollTimeout=20");
    List<Exchange> group =
        Stream.of(event(1), "[" + event(2) + "," + event(3) + "]", map(4), event(5).getBytes(UTF_8))
            .map(body -> ExchangeBuilder.anExchange(application.context()).withBody(body).build())
            .toList();

    application.context().createProducerTemplate().sendBody("seda:in", group);

    assertArrive(events(1, 2, 3, 5));
    awaitDeadLetters(
        deadLetter(
            "invalid_json: expected JSON text in a group of messages, found an object of the class"
                + " java.util.LinkedHashMap",
            map(4).toString()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "null",
      quoteCharacter = '`',
      value = {
        "null       | invalid_json: unexpected end of text at byte 0, expected a value",
        "``         | invalid_json: unexpected end of text at byte 0, expected a value",
        "plain text | invalid_json: unexpected 'p' at byte 0, expected a value",
        "42         | invalid_event: expected a JSON object, found a number",
        "[]         | empty_batch: expected at least one event, found an empty array",
      })
  void aMessageThatIsNoEventBecomesADeadLetter(String body, String detail) {
    start("seda:in?pollTimeout=20");

    application.context().createProducerTemplate().sendBody("seda:in", body);

    awaitDeadLetters(deadLetter(detail, body == null ? "" : body));
    assertThat(receiver.count()).isZero();
  }

  /** The message has headers from an earlier step of its route, such as a GET that fetched it. */
  @ParameterizedTest
  @CsvSource({"CamelHttpMethod,GET", "CamelHttpMethod,POST", "CamelHttpResponseCode,503"})
  void headersOfTheMessageDoNotMatter(String name, String value) throws InterruptedException {
    settings.put("webhooks.write-key.secret", "abc");
    start("seda:in?pollTimeout=20");

    application
        .context()
        .createProducerTemplate()
        .sendBodyAndHeader("seda:in", event(1), name, value);

    assertArrive(events(1));
    assertThat(receiver.requests().get(0).header(name)).isNull();
  }

  // Timers.

  @Test
  void aTimerSendsHeartbeats() throws InterruptedException {
    start("timer:tick?delay=0&period=20&repeatCount=2");

    receiver.awaitCount(2, AT_MOST);

    assertThat(receiver.requests())
        .hasSize(2)
        .allSatisfy(request -> assertThat(Signatures.verifies(SECRET, request)).isTrue())
        .extracting(Request::text)
        .doesNotHaveDuplicates()
        .allMatch(
            body ->
                body.matches(
                    ("\\{'type':'track','event':'Heartbeat','anonymousId':'timer:tick',"
                            + "'messageId':'[0-9a-f-]{36}','version':1,'receivedAt':'"
                            + TIME
                            + "','timestamp':'"
                            + TIME
                            + "'\\}")
                        .replace('\'', '"')));
  }

  // HTTP on a path of one's own.

  private HttpResponse<String> post(String path, String contentType, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(application.url(path)))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  static Stream<Arguments> posts() {
    return Stream.of(
        arguments("/ingest", "application/json", event(1), events(1)),
        arguments("/ingest", "text/plain", event(1) + "\n" + event(2), events(1, 2)),
        // curl's default Content-Type.
        arguments("/ingest", "application/x-www-form-urlencoded", event(1), events(1)),
        arguments(
            "/ingest", "application/json", "[" + event(1) + "," + event(2) + "]", events(1, 2)),
        arguments("/ingest", "application/json", "{\"batch\":[" + event(1) + "]}", events(1)),
        arguments("/hooks/shop", "application/json", event(1), events(1)),
        arguments("/v1/shop", "application/json", event(1), events(1)));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("posts")
  void aPathOfOnesOwnTakesEvents(String path, String contentType, String body, List<String> events)
      throws Exception {
    start("platform-http:" + path);

    HttpResponse<String> answer = post(path, contentType, body);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"success\":true}");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    assertArrive(events);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"trak\"} | invalid_event | expected \\\"type\\\" to be one of page, screen, identify,"
            + " track, alias, group, delete, found \\\"trak\\\"",
        "plain text       | invalid_json  | unexpected 'p' at byte 0, expected a value",
        "``               | invalid_json  | unexpected end of text at byte 0, expected a value",
        "[]               | empty_batch   | expected at least one event, found an empty array",
      })
  void aPathOfOnesOwnRefusesWhatHoldsNoEvent(String body, String code, String message)
      throws Exception {
    start("platform-http:/ingest");

    HttpResponse<String> answer = post("/ingest", "application/json", body);

    assertThat(answer.body())
        .isEqualTo("{\"success\":false,\"code\":\"" + code + "\",\"message\":\"" + message + "\"}");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(receiver.count()).isZero();
  }

  @Test
  void aPathOfOnesOwnTellsWhatIsWrongWithSomeOfMany() throws Exception {
    start("platform-http:/ingest");

    HttpResponse<String> answer = post("/ingest", "text/plain", event(1) + "\n\n42\n");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "{\"success\":true,\"accepted\":1,\"rejected\":1,\"errors\":[{\"index\":1,\"code\":"
                + "\"invalid_event\",\"message\":\"expected a JSON object, found a number\"}]}");
    assertArrive(events(1));
    awaitDeadLetters(deadLetter("invalid_event: expected a JSON object, found a number", "42"));
  }

  @Test
  void aSenderOverHttpIsToldToComeAgainUntilTheStoreTakesItsEvents() throws Exception {
    OutboxFile outbox = outbox();
    outbox.refuse("outbox", "NEW.message_id = 'm-2'");
    start("platform-http:/ingest");

    HttpResponse<String> answer = post("/ingest", "text/plain", event(1) + "\n" + event(2));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
    assertThat(answer.body())
        .isEqualTo(
            "{\"success\":false,\"code\":\"unavailable\",\"message\":\"The events could not be"
                + " stored; send them again later.\"}");
    assertThat(outbox.count("outbox")).isZero();

    outbox.allow();
    // Nothing of it was stored, so no event is taken for a duplicate.
    await()
        .atMost(AT_MOST)
        .until(() -> post("/ingest", "text/plain", event(1) + "\n" + event(2)).statusCode() == 200);
    assertArrive(events(1, 2));
  }

  @Test
  void aPathOfOnesOwnAsksForTheWriteKey() throws Exception {
    settings.put("webhooks.write-key.secret", "abc");
    start("platform-http:/ingest");

    HttpResponse<String> stranger = post("/ingest", "application/json", event(1));
    HttpResponse<String> known =
        post("/ingest", "application/json", event(2), "Authorization", "Bearer abc");

    assertThat(stranger.statusCode()).isEqualTo(401);
    assertThat(stranger.body())
        .isEqualTo(
            "{\"success\":false,\"code\":\"unauthorized\",\"message\":\"expected a known write key,"
                + " found none or another\"}");
    assertThat(known.statusCode()).isEqualTo(200);
    assertArrive(events(2));
  }
}
