package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests how long events wait in the outbox, and what happens to them at a stop and a start. */
class OutboxDeliveryTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration AT_MOST = Duration.ofSeconds(40);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Receiver second = Receiver.start();
  private final SettableClock clock = new SettableClock(START);
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, Object> beans = new HashMap<>();
  private Application application;

  @BeforeEach
  void settings() {
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.retry.jitter", "0");
    // All waits are in the outbox.
    settings.put("webhooks.retry.in-memory", "0s");
    beans.put("dromedary-clock", clock);
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
    application = Application.start(folder, settings, beans);
  }

  private void send(String text) {
    application.context().createFluentProducerTemplate().to("direct:in").withBody(text).send();
  }

  private static String events(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\""
                    + prefix
                    + i
                    + "\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  private <T> List<T> query(Class<T> type, String sql) {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("outbox.db"));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<T> found = new ArrayList<>();
      while (rows.next()) {
        found.add(type.cast(rows.getObject(1)));
      }
      return found;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private int count(String what) {
    return query(Integer.class, "SELECT count(*) FROM " + what).get(0);
  }

  /** Waits until so many events are parked in the outbox, and none is due or in flight. */
  private void awaitWaiting(int count) {
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(
            () ->
                assertThat(
                        query(
                            String.class,
                            "SELECT CASE WHEN due_at <= "
                                + clock.millis()
                                + " THEN 'due' ELSE 'waits' END || ': ' || message_id || ' '"
                                + " || coalesce(progress, '') FROM outbox"))
                    .hasSize(count)
                    .allMatch(row -> row.startsWith("waits: ")));
  }

  @Test
  void anEventIsRetriedForFourHoursMinuteByMinuteAndThenADeadLetter() {
    List<Instant> attempts = Collections.synchronizedList(new ArrayList<>());
    receiver.answerBy(
        request -> {
          attempts.add(clock.instant());
          return Answer.status(503).body("busy");
        });
    start();
    send(events("m", 1));
    awaitWaiting(1);
    // An hour beyond the window, in which nothing may happen.
    for (int minute = 1; minute <= 300; minute++) {
      clock.advance(Duration.ofMinutes(1));
      if (minute < 240) {
        awaitWaiting(1);
      } else {
        await().atMost(AT_MOST).until(() -> count("dead_letter") == 1);
        awaitWaiting(0);
      }
    }

    // Each attempt is at the first full minute after the delay since the previous one.
    Instant end = START.plus(Duration.ofHours(4));
    List<Instant> expected = new ArrayList<>(List.of(START));
    long delaySeconds = 1;
    Instant due = START.plusSeconds(delaySeconds);
    for (Instant now = START; !now.isAfter(end); now = now.plusSeconds(60)) {
      if (now.isAfter(due) || now.equals(end)) {
        expected.add(now);
        delaySeconds = Math.min(600, delaySeconds * 2);
        due = now.plusSeconds(delaySeconds);
      }
    }
    assertThat(attempts).isEqualTo(expected);
    assertThat(
            query(
                String.class,
                "SELECT reason || ' ' || attempts || ' ' || detail || ' ' || last_status"
                    + " || ' ' || accepted_at || ' ' || first_attempt_at || ' ' || dead_at"
                    + " FROM dead_letter"))
        .containsExactly(
            "expired "
                + expected.size()
                + " the retry window has closed; "
                + receiver.url()
                + ": answered 503 503 "
                + START.toEpochMilli()
                + " "
                + START.toEpochMilli()
                + " "
                + end.toEpochMilli());
  }

  @Test
  void aStopLeavesWhatIsPendingToTheNextStart() {
    receiver.answer(Answer.status(503));
    start();
    send(events("m", 50));
    await().atMost(AT_MOST).until(() -> receiver.count() >= 10);
    application.close();
    assertThat(count("outbox")).isEqualTo(50);
    assertThat(count("dead_letter")).isZero();
    Map<String, Integer> before = receiver.messageIds();

    receiver.answer(Answer.status(200));
    clock.advance(Duration.ofMinutes(1));
    start();
    awaitWaiting(0);

    assertThat(receiver.messageIds())
        .hasSize(50)
        .allSatisfy(
            (id, times) -> assertThat(times).as(id).isEqualTo(before.getOrDefault(id, 0) + 1));
    assertThat(count("dead_letter")).isZero();
  }

  @Test
  void afterAStartWhoHasAcceptedIsNotSentToAgain() throws Exception {
    second.answer(Answer.status(503));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    settings.put("webhooks.acks", "all");
    start();
    send(events("m", 20));
    receiver.awaitCount(20, AT_MOST);
    application.close();
    assertThat(count("outbox")).isEqualTo(20);

    second.answer(Answer.status(200));
    clock.advance(Duration.ofMinutes(1));
    start();
    awaitWaiting(0);

    assertThat(receiver.count()).isEqualTo(20);
    assertThat(second.messageIds()).hasSize(20);
    assertThat(count("dead_letter")).isZero();
  }

  @Test
  void whatWaitsForAWebhookIsSentAtOnceWhenThatIsBack() throws Exception {
    second.answer(Answer.status(503));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    settings.put("webhooks.acks", "all");
    settings.put("webhooks.retry.in-memory", "30s");
    settings.put("webhooks.retry.initial-delay", "1m");
    settings.put("webhooks.down.after", "1ms");
    settings.put("webhooks.down.attempts", "3");
    settings.put("webhooks.down.probe-interval", "1s");
    start();
    send(events("m", 20));
    receiver.awaitCount(20, AT_MOST);
    awaitWaiting(20);

    second.answer(Answer.status(200));
    AtomicInteger probes = new AtomicInteger();
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              send(events("n" + probes.incrementAndGet() + "-", 1));
              return second.messageIds().keySet().stream().anyMatch(id -> id.startsWith("n"));
            });
    // The test's clock stands still.
    awaitWaiting(0);

    assertThat(receiver.count()).isEqualTo(20 + probes.get());
    assertThat(second.messageIds()).hasSize(20 + probes.get());
  }

  @Test
  void whatAllThatAreLeftHaveAcceptedIsDone() throws Exception {
    second.answer(Answer.status(503));
    settings.put("webhooks.urls", receiver.url() + "," + second.url());
    settings.put("webhooks.acks", "all");
    start();
    send(events("m", 5));
    receiver.awaitCount(5, AT_MOST);
    application.close();

    settings.put("webhooks.urls", receiver.url());
    clock.advance(Duration.ofMinutes(1));
    start();
    awaitWaiting(0);

    assertThat(receiver.count()).isEqualTo(5);
    assertThat(count("dead_letter")).isZero();
  }

  @Test
  void aYoungEventDoesNotExpireWithTheOldOnesOfItsBatch() throws Exception {
    receiver.answer(Answer.status(503));
    settings.put("webhooks.batch.size", "2");
    settings.put("webhooks.batch.interval", "50ms");
    start();
    send(events("old", 1));
    receiver.awaitCount(1, AT_MOST);
    awaitWaiting(1);
    application.close();

    settings.put("webhooks.batch.interval", "1h");
    clock.set(START.plus(Duration.ofHours(4)).minusSeconds(1));
    start();
    send(events("young", 1));
    receiver.awaitCount(2, AT_MOST);
    awaitWaiting(2);
    clock.advance(Duration.ofSeconds(1));
    await().atMost(AT_MOST).until(() -> count("dead_letter") > 0);
    awaitWaiting(1);

    assertThat(receiver.count()).isEqualTo(3);
    assertThat(query(String.class, "SELECT message_id FROM dead_letter")).containsExactly("old0");
    assertThat(query(String.class, "SELECT message_id FROM outbox")).containsExactly("young0");
  }

  @Test
  void aBatchIsKeptUntilItIsDelivered() throws Exception {
    receiver.answer(Answer.status(503));
    settings.put("webhooks.batch.size", "3");
    start();
    send(events("m", 3));
    receiver.awaitCount(1, AT_MOST);
    awaitWaiting(3);

    receiver.answer(Answer.status(200));
    clock.advance(Duration.ofSeconds(2));
    awaitWaiting(0);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m0", 2, "m1", 2, "m2", 2));
  }

  @Test
  void aBatchIsNotBoundByTheNumberOfRounds() throws Exception {
    settings.put("webhooks.in-flight", "1");
    settings.put("webhooks.batch.size", "100");
    settings.put("webhooks.batch.interval", "1h");
    start();
    send(events("m", 100));
    receiver.awaitCount(1, AT_MOST);
    awaitWaiting(0);
    assertThat(receiver.messageIds()).hasSize(100);
  }

  /** The bound holds for events of any length, including those that a user's route has stored. */
  @Test
  void aBatchHasABound() throws Exception {
    settings.put("webhooks.batch.size", "1000");
    settings.put("webhooks.batch.interval", "200ms");
    start();
    ProducerTemplate producer = application.context().createProducerTemplate();
    int[] lengths = {30_000, 250_000, 33_700, 90_000, 91_000, 300_000, 33_792};
    for (int i = 0; i < 60; i++) {
      String padding = "x".repeat(lengths[i % lengths.length] - 40);
      producer.sendBody(
          "outbox:default", "{\"messageId\":\"m" + i + "\",\"x\":\"" + padding + "\"}");
    }
    awaitWaiting(0);

    assertThat(receiver.messageIds()).hasSize(60);
    assertThat(receiver.requests())
        .hasSizeLessThan(60)
        .allSatisfy(request -> assertThat(request.body()).hasSizeLessThanOrEqualTo(500_000));
  }

  @Test
  void anEventThatCannotBeGivenUpStaysInTheOutbox() throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    String file = "failures.camel.yaml";
    Files.writeString(
        routes.resolve(file),
        Files.readString(Path.of("routes", file))
            .replace(
                "ref: dromedary-{{destination}}-giving-up\n                      method: giveUp",
                "ref: broken"));
    beans.put(
        "broken",
        (Processor)
            exchange -> {
              throw new IOException("broken");
            });
    receiver.answer(Answer.status(400));
    start();
    send(events("m", 1));
    receiver.awaitCount(1, AT_MOST);

    awaitWaiting(1);
    assertThat(count("dead_letter")).isZero();
  }

  @Test
  void retriesThatWaitForTheirTurnTakeNoPlacesOfFreshEvents() throws Exception {
    receiver.answerBy(
        request ->
            Answer.status(request.text().contains("bad") ? 500 : 200).after(Duration.ofMillis(20)));
    beans.remove("dromedary-clock");
    settings.put("webhooks.in-flight", "4");
    settings.put("webhooks.concurrency", "1");
    settings.put("webhooks.down.detection", "false");
    settings.put("webhooks.retry.in-memory", "1m");
    settings.put("webhooks.retry.initial-delay", "10ms");
    settings.put("webhooks.retry.max-delay", "10ms");
    start();
    // Three times the maximum in flight, and more than can be retried within their delay.
    send(events("bad", 14));
    receiver.awaitCount(15, AT_MOST);
    send(events("good", 4));

    await()
        .atMost(AT_MOST)
        .until(
            () ->
                receiver.messageIds().keySet().stream().filter(id -> id.startsWith("good")).count()
                    == 4);
  }

  @Test
  void aRouteThatIsStoppedGoesOnWhenItIsStarted() throws Exception {
    receiver.answer(Answer.hang());
    settings.put("webhooks.timeout", "30s");
    settings.put("webhooks.in-flight", "1");
    start();
    send(events("m", 10));
    receiver.awaitCount(1, AT_MOST);
    application
        .context()
        .getRouteController()
        .stopRoute("dromedary-deliver-events-default", 100, TimeUnit.MILLISECONDS);
    assertThat(count("outbox")).isEqualTo(10);

    // Ends the attempt that hangs.
    receiver.pause();
    receiver.answer(Answer.status(200));
    receiver.resume();
    application.context().getRouteController().startRoute("dromedary-deliver-events-default");
    awaitWaiting(0);
    assertThat(receiver.messageIds()).hasSize(10);
  }
}
