package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Signatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.Processor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests several destinations: which events each gets, that they are stored atomically, and
 * isolation.
 */
class DestinationsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver first = Receiver.start();
  private final Receiver second = Receiver.start();
  private final Receiver third = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, Object> beans = new HashMap<>();
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    List.of(first, second, third).forEach(Receiver::close);
  }

  private void start() {
    application = Application.start(folder, settings, beans);
  }

  private OutboxFile outbox() {
    return new OutboxFile(folder);
  }

  private void awaitEmptyOutbox() {
    await().atMost(AT_MOST).until(() -> outbox().count("outbox") == 0);
  }

  private static String event(String type, String messageId, String more) {
    return "{\"type\":\""
        + type
        + "\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\""
        + messageId
        + "\""
        + more
        + "}";
  }

  private static String events(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> event("track", "m" + i, ""))
        .collect(Collectors.joining(",", "{\"batch\":[", "]}"));
  }

  private String post(String body, String... headers) {
    return Http.post(application.url("/v1/batch"), body, headers).toString();
  }

  /** Sends an event with the write key in the header, as SDKs do. */
  private void send(String type, String messageId, String key) {
    String basic = Base64.getEncoder().encodeToString((key + ":").getBytes(UTF_8));
    String body = "{\"batch\":[" + event(type, messageId, "") + "]}";
    assertThat(post(body, "Authorization", "Basic " + basic)).isEqualTo("200 {\"success\":true}");
  }

  @Test
  void anEventGoesToThoseWhoTakeItsTypeAndItsSource() {
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.write-key.secret", "key-1");
    settings.put("webhooks.destination.tracks.urls", second.url());
    settings.put("webhooks.destination.tracks.events", "track,group");
    settings.put("webhooks.destination.eu.urls", third.url());
    settings.put("webhooks.destination.eu.write-key.secret", "key-2,key-3");
    start();

    send("track", "t1", "key-1");
    send("page", "p1", "key-1");
    send("track", "t2", "key-2");
    send("page", "p2", "key-2");
    send("page", "p3", "key-3");
    // SDKs that send no header put the key into the body, for each event or for all.
    assertThat(
            post(
                "{\"writeKey\":\"key-1\",\"batch\":["
                    + event("page", "p4", ",\"writeKey\":\"key-2\"")
                    + ","
                    + event("page", "p5", "")
                    + "]}"))
        .isEqualTo("200 {\"success\":true}");
    assertThat(post("{\"batch\":[" + event("page", "x1", "") + "]}")).startsWith("401 ");
    assertThat(post("{\"writeKey\":\"key-4\",\"batch\":[" + event("page", "x2", "") + "]}"))
        .startsWith("401 ");
    awaitEmptyOutbox();

    assertThat(first.messageIds().keySet()).isEqualTo(Set.of("t1", "p1", "p5"));
    assertThat(second.messageIds().keySet()).isEqualTo(Set.of("t1", "t2"));
    assertThat(third.messageIds().keySet()).isEqualTo(Set.of("t2", "p2", "p3", "p4"));
    assertThat(List.of(first, second, third))
        .flatExtracting(Receiver::requests)
        .allSatisfy(
            request ->
                assertThat(request.text() + request.headers()).doesNotContain("key-", "writeKey"));
  }

  /**
   * Senders without a key, or with any, are still accepted when a destination with a key is added.
   */
  @Test
  void aDestinationWithAKeyLocksOutNobodyOfOneWithout() {
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.destination.crm.urls", second.url());
    settings.put("webhooks.destination.crm.write-key.secret", "key-2");
    start();

    assertThat(post("{\"batch\":[" + event("page", "none", "") + "]}"))
        .isEqualTo("200 {\"success\":true}");
    send("page", "other", "key-9");
    send("page", "crm", "key-2");
    assertThat(
            post(
                "{\"batch\":[" + event("page", "bearer", "") + "]}",
                "Authorization",
                "Bearer key-2"))
        .isEqualTo("200 {\"success\":true}");
    // Pages of other origins may not send, because no key is required.
    assertThat(
            post(
                "{\"batch\":[" + event("page", "page", "") + "]}",
                "Origin",
                "https://shop.example"))
        .startsWith("403 ");
    awaitEmptyOutbox();

    assertThat(first.messageIds().keySet()).isEqualTo(Set.of("none", "other", "crm", "bearer"));
    assertThat(second.messageIds().keySet()).isEqualTo(Set.of("crm", "bearer"));
  }

  @Test
  void whatNobodyTakesIsAcceptedAndDropped() {
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.events", "page");
    settings.put("webhooks.destination.tracks.urls", second.url());
    settings.put("webhooks.destination.tracks.events", "track");
    start();

    String batch =
        "{\"batch\":["
            + event("identify", "i1", "")
            + ","
            + event("track", "t1", ",\"integrations\":{\"Webhooks\":false}")
            + ","
            + event("track", "t2", ",\"integrations\":{\"All\":false,\"Webhooks\":true}")
            + "]}";
    assertThat(post(batch)).isEqualTo("200 {\"success\":true}");
    awaitEmptyOutbox();

    assertThat(first.count()).isZero();
    assertThat(second.messageIds()).isEqualTo(Map.of("t2", 1));
    assertThat(outbox().count("dead_letter")).isZero();
  }

  @Test
  void eventsOfAnInboundWithoutKeysAreLostToNobodyButTheFiltered() {
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.write-key.secret", "key-1");
    settings.put("webhooks.destination.eu.urls", second.url());
    settings.put("webhooks.destination.eu.write-key.secret", "key-2");
    start();

    String body =
        event("page", "none", "")
            + "\n"
            + event("page", "own", ",\"writeKey\":\"key-1\"")
            + "\n"
            + event("page", "other", ",\"writeKey\":\"key-2\"")
            + "\n"
            + event("page", "unknown", ",\"writeKey\":\"key-9\"");
    application.context().createFluentProducerTemplate().to("direct:in").withBody(body).send();
    awaitEmptyOutbox();

    assertThat(first.messageIds().keySet()).isEqualTo(Set.of("none", "own", "unknown"));
    assertThat(second.messageIds().keySet()).isEqualTo(Set.of("other"));
  }

  @Test
  void eachHasItsOwnSecretHeadersAcksAndBatches() throws Exception {
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.signing.secret", "s-1");
    settings.put("webhooks.headers.X-Tenant", "one");
    settings.put("webhooks.destination.both.urls", second.url("/a") + "," + second.url("/b"));
    settings.put("webhooks.destination.both.signing.secret", "s-2");
    settings.put("webhooks.destination.both.acks", "all");
    settings.put("webhooks.destination.both.retry.initial-delay", "10ms");
    settings.put("webhooks.destination.batch.urls", third.url());
    settings.put("webhooks.destination.batch.batch.size", "3");
    settings.put("webhooks.destination.batch.batch.interval", "1h");
    second.answerNext(Answer.status(503), Answer.status(200));
    start();

    assertThat(post(events(3))).isEqualTo("200 {\"success\":true}");
    third.awaitCount(1, AT_MOST);
    awaitEmptyOutbox();

    assertThat(first.messageIds()).isEqualTo(Map.of("m0", 1, "m1", 1, "m2", 1));
    assertThat(first.requests())
        .allSatisfy(
            request -> {
              assertThat(Signatures.verifies("s-1", request)).isTrue();
              assertThat(request.headers("X-Tenant")).containsExactly("one");
            });
    // Six attempts, and the one that had failed.
    assertThat(second.count()).isEqualTo(7);
    assertThat(second.requests())
        .allSatisfy(
            request -> {
              assertThat(Signatures.verifies("s-2", request)).isTrue();
              assertThat(request.headers("X-Tenant")).isEmpty();
            });
    assertThat(third.requests())
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.text()).startsWith("[{").endsWith("}]");
              assertThat(request.headers("X-Signature")).isEmpty();
            });
  }

  @Test
  void aDestinationMayHaveAFileOfItsOwnAndRoutesOfItsOwn() throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    String packaged = Files.readString(Path.of("routes", "default.camel.yaml"));
    // Its name sorts first, so it is read before the templates.
    Files.writeString(routes.resolve("a-copy.camel.yaml"), packaged.replace("default", "copy"));
    Files.writeString(
        routes.resolve("own.camel.yaml"),
        """
        - route:
            id: dromedary-send-round-copy
            from:
              uri: direct:dromedary-send-round-copy
              steps:
                - process:
                    ref: dromedary-copy-admission
                - bean:
                    ref: dromedary-copy-round
                    method: begin
                - setHeader:
                    name: X-Signature
                    expression:
                      constant:
                        expression: my-own
                - to:
                    uri: dromedary-attempt:copy/1
                - bean:
                    ref: dromedary-copy-round
                    method: noteOutcome
                - bean:
                    ref: dromedary-copy-round
                    method: end
        """);
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.destination.copy.urls", second.url());
    start();

    assertThat(post(events(2))).isEqualTo("200 {\"success\":true}");
    awaitEmptyOutbox();

    assertThat(first.messageIds()).isEqualTo(Map.of("m0", 1, "m1", 1));
    assertThat(second.messageIds()).isEqualTo(Map.of("m0", 1, "m1", 1));
    assertThat(second.requests())
        .allSatisfy(
            request -> assertThat(request.headers("X-Signature")).containsExactly("my-own"));
  }

  @Test
  void aFileOfADestinationWithoutSettingsIsTold() throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    String packaged = Files.readString(Path.of("routes", "default.camel.yaml"));
    Files.writeString(routes.resolve("copy.camel.yaml"), packaged.replace("default", "copy"));

    assertThatThrownBy(this::start)
        .hasMessageContaining(
            "The destination copy has a route file and no settings: expected"
                + " webhooks.destination.copy.urls.");
  }

  @Test
  void anEventIsStoredForAllItsDestinationsOrForNone() {
    for (Receiver receiver : List.of(first, second)) {
      receiver.answer(Answer.status(503));
    }
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.destination.crm.urls", second.url());
    start();
    outbox().refuse("outbox", "new.destination = 'crm' AND new.message_id = 'm1'");

    assertThat(post(events(3))).startsWith("503 ");
    assertThat(outbox().count("outbox")).isZero();

    outbox().allow();
    assertThat(post(events(3))).isEqualTo("200 {\"success\":true}");
    assertThat(outbox().count("outbox WHERE destination = 'default'")).isEqualTo(3);
    assertThat(outbox().count("outbox WHERE destination = 'crm'")).isEqualTo(3);
    // Both destinations know the ids, so the events are accepted but not stored again.
    assertThat(post(events(3))).isEqualTo("200 {\"success\":true}");
    assertThat(outbox().count("outbox")).isEqualTo(6);
    assertThat(outbox().count("dead_letter")).isZero();
  }

  @Test
  void oneThatHangsKeepsNothingFromTheOthers() throws Exception {
    first.answer(Answer.hang());
    second.answer(Answer.dripBody(Duration.ofMillis(100)));
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.timeout", "1m");
    settings.put("webhooks.in-flight", "4");
    settings.put("webhooks.destination.drips.urls", second.url());
    settings.put("webhooks.destination.drips.timeout", "1m");
    settings.put("webhooks.destination.drips.in-flight", "4");
    settings.put("webhooks.destination.drips.batch.size", "2");
    settings.put("webhooks.destination.works.urls", third.url());
    settings.put("webhooks.destination.works.in-flight", "4");
    // A hundred times the maximum in flight.
    start();

    assertThat(post(events(400))).isEqualTo("200 {\"success\":true}");
    await().atMost(AT_MOST).until(() -> third.messageIds().size() == 400);

    await().atMost(AT_MOST).until(() -> outbox().count("outbox WHERE destination = 'works'") == 0);
    assertThat(outbox().count("outbox WHERE destination = 'default'")).isEqualTo(400);
    assertThat(outbox().count("outbox WHERE destination = 'drips'")).isEqualTo(400);
    assertThat(first.count()).isEqualTo(4);
    assertThat(second.count()).isEqualTo(4);

    for (Receiver receiver : List.of(first, second)) {
      // Ends the attempts that hang.
      receiver.pause();
      receiver.answer(Answer.status(200));
      receiver.resume();
    }
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              assertThat(first.messageIds()).hasSize(400);
              assertThat(second.messageIds()).hasSize(400);
            });
    assertThat(third.messageIds().values()).allMatch(times -> times == 1);
  }

  @Test
  void whoIsToldOfDeadLettersAndHangsHoldsUpNobody() {
    CountDownLatch hangs = new CountDownLatch(1);
    beans.put("hang", (Processor) exchange -> hangs.await());
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.destination.rejects.urls", second.url());
    settings.put("webhooks.dead-letter", "bean:hang");
    second.answer(Answer.status(400));
    start();

    try {
      assertThat(post(events(1200))).isEqualTo("200 {\"success\":true}");
      await().atMost(AT_MOST).until(() -> outbox().count("dead_letter") == 1200);

      // More letters wait to be sent than there are threads and places in the queue.
      for (int i = 2000; i < 2020; i++) {
        String batch = "{\"batch\":[" + event("track", "m" + i, "") + "]}";
        assertThat(post(batch)).isEqualTo("200 {\"success\":true}");
      }
      await().atMost(AT_MOST).until(() -> first.messageIds().size() == 1220);
    } finally {
      hangs.countDown();
    }
    // A stop is not held up either, by those that are still to be told.
    long began = System.nanoTime();
    application.close();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(8));
  }

  @Test
  void idleDestinationsHaveNoThreadsOfTheirOwn() {
    for (int i = 0; i < 5; i++) {
      settings.put("webhooks.destination.d" + i + ".urls", first.url());
      settings.put("webhooks.destination.d" + i + ".batch.size", "2");
    }
    first.answerNext(Answer.status(503), Answer.status(200));
    start();
    assertThat(post(events(3))).isEqualTo("200 {\"success\":true}");
    awaitEmptyOutbox();

    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                    .noneMatch(name -> name.matches("webhooks-redelivery|d[0-9]-gatherer")));
  }

  /** Dead letters that wait to be sent again must not fill the memory. */
  @Test
  void onlySoManyDeadLettersAreKeptThatNobodyTakes() {
    Set<String> told = ConcurrentHashMap.newKeySet();
    AtomicBoolean refuses = new AtomicBoolean(true);
    beans.put(
        "refuse",
        (Processor)
            exchange -> {
              told.add(exchange.getMessage().getBody(String.class));
              if (refuses.get()) {
                throw new IllegalStateException("thrown by a test");
              }
            });
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.dead-letter", "bean:refuse");
    first.answer(Answer.status(400));
    start();

    assertThat(post(events(1200))).isEqualTo("200 {\"success\":true}");
    await().atMost(AT_MOST).until(() -> outbox().count("dead_letter") == 1200);
    await().atMost(AT_MOST).until(() -> told.size() >= 1000);
    assertThat(told).hasSize(1000);

    refuses.set(false);
    // They are sent in the end, and then there is room for others.
    AtomicInteger next = new AtomicInteger(2000);
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              String event = event("track", "m" + next.incrementAndGet(), "");
              return post("{\"batch\":[" + event + "]}").startsWith("200") && told.size() > 1000;
            });
  }

  @Test
  void deadLettersAreOfTheirDestinationAndReplayedToIt() {
    settings.put("webhooks.urls", first.url());
    settings.put("webhooks.destination.crm.urls", second.url());
    first.answer(Answer.status(400));
    second.answer(Answer.status(410));
    start();
    assertThat(post(events(2))).isEqualTo("200 {\"success\":true}");
    await().atMost(AT_MOST).until(() -> outbox().count("dead_letter") == 4);

    first.answer(Answer.status(200));
    second.answer(Answer.status(200));
    String api = application.url("/dromedary/dead-letters");
    assertThat(Http.send("GET", api + "?destination=crm").body())
        .contains("\"destination\":\"crm\"")
        .doesNotContain("\"destination\":\"default\"");
    assertThat(Http.send("POST", api + "/replay?destination=default").toString())
        .startsWith("200 ");
    await().atMost(AT_MOST).until(() -> first.messageIds().equals(Map.of("m0", 2, "m1", 2)));
    awaitEmptyOutbox();

    assertThat(second.messageIds()).isEqualTo(Map.of("m0", 1, "m1", 1));
    assertThat(outbox().count("dead_letter WHERE destination = 'crm'")).isEqualTo(2);
    assertThat(outbox().count("dead_letter")).isEqualTo(2);
  }
}
