package io.dromedary.history;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the history, tested in the application on each store. */
@Timeout(60)
abstract class HistoryContract {

  static final Duration AT_MOST = Duration.ofSeconds(20);
  static final Duration MINUTE = Duration.ofMinutes(1);
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path folder;
  final SettableClock clock = new SettableClock(NOW);
  final Receiver receiver = Receiver.start();
  Application application;

  /** The settings of the store. */
  abstract Map<String, String> store();

  /** A connection to the tables of the history. */
  abstract Connection connect() throws SQLException;

  void start(Map<String, String> settings) {
    application = startNode(folder, settings);
  }

  Application startNode(Path folder, Map<String, String> settings) {
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "webhooks.urls",
                receiver.url("/hook"),
                "webhooks.retry.in-memory",
                "0s",
                "webhooks.retry.jitter",
                "0"));
    all.putAll(store());
    all.putAll(settings);
    return Application.start(folder, all, Map.of("dromedary-clock", clock));
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  History history() {
    return history(application);
  }

  static History history(Application application) {
    History history = History.of(application.context());
    assertThat(history).isNotNull();
    return history;
  }

  void send(String messageId, String userId) {
    send(application, messageId, userId);
  }

  static void send(Application application, String messageId, String userId) {
    assertThat(
            Http.post(
                application.url("/v1/track"),
                json("{'userId':" + userId + ",'event':'e','messageId':'" + messageId + "'}")))
        .hasToString("200 {\"success\":true}");
  }

  List<AttemptRecord> awaitAttempts(String messageId, int count) {
    return await()
        .atMost(AT_MOST)
        .until(() -> history().ofEvent(messageId), found -> found.size() == count);
  }

  /** Selects the attempts at a user's events. */
  static AttemptFilter ofUser(String userId) {
    return new AttemptFilter(null, null, null, null, userId, null, null, null, null, null);
  }

  @Test
  void anEventThatIsAcceptedAtOnceIsKeptWithItsAnswerAndTime() {
    start(Map.of());
    send("m-1", "'ann'");
    AttemptRecord kept = awaitAttempts("m-1", 1).get(0);
    assertThat(kept)
        .isEqualTo(
            new AttemptRecord(
                kept.seq(),
                kept.at(),
                "default",
                1,
                receiver.url(),
                "m-1",
                "track",
                1,
                "accepted",
                "accepted",
                200,
                kept.took(),
                null,
                null,
                null,
                Origin.DELIVERY));
    assertThat(kept.took()).isPositive().isLessThan(Duration.ofSeconds(10));
    assertThat(kept.at()).isBeforeOrEqualTo(NOW).isAfter(NOW.minusSeconds(10));
  }

  @Test
  void aFailureTellsWhatTheWebhookSaidAndWhenItIsTriedAgainAndWhy() {
    start(Map.of());
    receiver.answer(Answer.status(503).body("upstream busy"));
    send("m-1", "'ann'");
    AttemptRecord failed = awaitAttempts("m-1", 1).get(0);
    assertThat(failed.outcome()).isEqualTo("temporary");
    assertThat(failed.attemptClass()).isEqualTo("5xx");
    assertThat(failed.status()).isEqualTo(503);
    assertThat(failed.detail()).isEqualTo("answered 503: upstream busy");
    assertThat(failed.nextAt()).isAfter(NOW);
    assertThat(failed.because()).isEqualTo("the retry schedule");

    receiver.answer(Answer.status(200));
    clock.advance(Duration.ofMinutes(1));
    List<AttemptRecord> both = awaitAttempts("m-1", 2);
    assertThat(both).extracting(AttemptRecord::number).containsExactly(1, 2);
    assertThat(both).extracting(AttemptRecord::outcome).containsExactly("temporary", "accepted");
  }

  @Test
  void aRejectionTellsThatTheEventIsADeadLetter() {
    start(Map.of());
    receiver.answer(Answer.status(401));
    send("m-1", "'ann'");
    AttemptRecord rejected = awaitAttempts("m-1", 1).get(0);
    assertThat(rejected.outcome()).isEqualTo("permanent");
    assertThat(rejected.nextAt()).isNull();
    assertThat(rejected.because()).isEqualTo("it is a dead letter: rejected");
  }

  @Test
  void whatIsKeptOutlivesTheProcessAndIsErasedForOneUser() throws HistoryException {
    start(Map.of());
    send("a-1", "'ann'");
    send("a-2", "'bob'");
    awaitAttempts("a-1", 1);
    awaitAttempts("a-2", 1);
    application.close();

    start(Map.of());
    assertThat(history().ofEvent("a-1")).hasSize(1);
    assertThat(history().erase(ofUser("ann"))).isEqualTo(1);
    assertThat(history().ofEvent("a-1")).isEmpty();
    assertThat(history().ofEvent("a-2")).hasSize(1);
    Instant hour = Instant.parse("2026-01-02T03:00:00Z");
    List<Rollup> hours =
        history().rollups("default", 1, hour, hour.plusSeconds(3600), Duration.ofHours(1));
    assertThat(hours).hasSize(1);
    assertThat(hours.get(0).accepted()).isGreaterThanOrEqualTo(2);
    assertThat(hours.get(0).quantile(0.5)).isPositive();
  }

  @Test
  void whatIsOldIsDeletedAndWhatHasFailedIsKeptForLonger() throws HistoryException {
    start(Map.of());
    send("o-1", "'ann'");
    awaitAttempts("o-1", 1);
    receiver.answer(Answer.status(401));
    send("o-2", "'ann'");
    awaitAttempts("o-2", 1);

    clock.advance(Duration.ofHours(25));
    awaitAttempts("o-1", 0);
    assertThat(history().ofEvent("o-2")).hasSize(1);
    clock.advance(Duration.ofDays(7));
    awaitAttempts("o-2", 0);
  }

  @Test
  void ofOneKindOfFailureOnlySoManyASecondAreKeptAndAllAreCounted() throws Exception {
    start(Map.of("webhooks.history.successes", "0"));
    receiver.answer(Answer.status(401));
    sendThousand();
    Instant from = clock.instant().minusSeconds(60);
    List<ErrorGroup> errors =
        await()
            .atMost(AT_MOST)
            .until(
                () -> history().errors("default", 1, from),
                found -> !found.isEmpty() && found.get(0).count() >= 1000);
    assertThat(errors.get(0).samples()).hasSize(10);
    // It is not known in how many seconds the attempts were made.
    assertThat(history().attempts(AttemptFilter.ALL, null, 5000)).hasSizeBetween(200, 999);
  }

  private void sendThousand() {
    StringBuilder batch = new StringBuilder("{'batch':[");
    for (int i = 0; i < 1000; i++) {
      batch.append(i == 0 ? "" : ",").append("{'type':'track','event':'e','userId':'u'}");
    }
    assertThat(Http.post(application.url("/v1/batch"), json(batch + "]}")).status()).isEqualTo(200);
  }

  @Test
  void aSuccessThatIsSlowerThanOthersIsKeptForLonger() throws Exception {
    start(Map.of("webhooks.history.successes", "0"));
    sendThousand();
    Instant from = clock.instant().minusSeconds(60);
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                history().rollups("default", 1, from, from.plusSeconds(61), MINUTE).stream()
                        .mapToLong(Rollup::accepted)
                        .sum()
                    == 1000);
    // What is slow is learnt each minute.
    clock.advance(MINUTE);
    history().attempts(AttemptFilter.ALL, null, 1);
    Duration slow = Duration.ofSeconds(3);
    receiver.answerBy(
        request ->
            Answer.status(200).after(request.text().contains("slow") ? slow : Duration.ZERO));

    send("quick", "'ann'");
    send("slow", "'ann'");

    AttemptRecord kept = awaitAttempts("slow", 1).get(0);
    assertThat(kept.outcome()).isEqualTo("accepted");
    assertThat(kept.took()).isGreaterThanOrEqualTo(slow);
    assertThat(history().ofEvent("quick")).isEmpty();
    clock.advance(Duration.ofHours(25));
    // It takes a write to expire.
    receiver.answer(Answer.status(401));
    send("later", "'ann'");
    awaitAttempts("later", 1);
    assertThat(history().ofEvent("slow")).hasSize(1);
  }

  /** The attempts of a kind in the tables, by the numbers in their message ids. */
  private List<Integer> numbers(int interesting) throws SQLException {
    List<Integer> numbers = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT message_id FROM attempt_history WHERE interesting = "
                    + interesting
                    + " ORDER BY seq")) {
      while (rows.next()) {
        numbers.add(Integer.valueOf(rows.getString(1)));
      }
    }
    return numbers;
  }

  private void insert(int count, int interesting, int bytes) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                  + " INSERT INTO attempt_history (node, interesting, bytes, at, destination,"
                  + " webhook, webhook_name, message_id, type, number, outcome, class, took_micros,"
                  + " origin) SELECT 'n', %d, %d, %d, 'default', 1, 'w', CAST(i AS TEXT), 'track', 1,"
                  + " 'accepted', 'accepted', 1, 'delivery' FROM n")
              .formatted(count, interesting, bytes, NOW.toEpochMilli()));
    }
  }

  @Test
  void whatIsMoreThanThereIsRoomForIsDeletedTheOldestFirstAndEachKindForItself() throws Exception {
    start(Map.of());
    history().attempts(AttemptFilter.ALL, null, 1);
    application.close();
    int room = 128 << 20;
    int bytes = 40_000;
    insert(6000, 0, bytes);
    insert(3000, 1, bytes);

    start(Map.of());

    await().atMost(AT_MOST).until(() -> numbers(0).size() <= room / bytes);
    // They are deleted by 2,000.
    assertThat(numbers(0)).isEqualTo(IntStream.rangeClosed(4001, 6000).boxed().toList());
    assertThat(numbers(1)).hasSize(3000);
  }
}
