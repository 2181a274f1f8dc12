package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.dromedary.Application;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.Store;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Tests an outbox in memory: the contract of dead letters, and its own behaviour. */
class SqliteMemoryTest extends DeadLettersContract {

  @TempDir Path folder;
  private final Logger log =
      (Logger) LoggerFactory.getLogger("io.dromedary.outbox.store.SqliteDialect");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @Override
  String url() {
    if (!logged.isStarted()) {
      logged.start();
      log.addAppender(logged);
    }
    return "jdbc:sqlite::memory:";
  }

  @AfterEach
  void stopLogging() {
    log.detachAppender(logged);
  }

  private OutboxEvent event(String id, int bytes) {
    return new OutboxEvent(id, "track", clock.instant(), "x".repeat(bytes).getBytes(UTF_8));
  }

  private static CompletableFuture<Integer> append(Outbox outbox, OutboxEvent... events) {
    try {
      return outbox.append(
          Stream.of(events).map(event -> new Append.Arrival("orders", event)).toList(), List.of());
    } catch (OutboxException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static List<Claim> claim(Outbox outbox, int most) throws Exception {
    return new ClaimDue(outbox, "orders", ClaimDue.Wanted.of(most))
        .ask()
        .get(30, TimeUnit.SECONDS)
        .claims();
  }

  private static int count(Outbox outbox) throws Exception {
    try (Connection reader = outbox.access().connect();
        Statement statement = reader.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM outbox")) {
      row.next();
      return row.getInt(1);
    }
  }

  @Test
  void theLogSaysThatNothingSurvives() {
    assertThat(logged.list.stream().filter(event -> event.getLevel() == Level.WARN))
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "The outbox is in memory: an event that is accepted is lost when the process ends"
                + " (webhooks.outbox.url)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":memory:",
        ":memory:?cache_size=100",
        "file::memory:",
        "file::memory:?cache=shared",
        "file:events?mode=memory&cache=shared",
        "file:/events?vfs=memdb",
        "events.db?mode=memory"
      })
  void everyNameOfADatabaseInMemoryIsADatabaseOfItsOwn(String name) throws Exception {
    Path here = Path.of("").toAbsolutePath();
    String before = list(here);
    String url = "jdbc:sqlite:" + name;
    try (Outbox first = new Outbox(settings(url), clock);
        Outbox second = new Outbox(settings(url), clock)) {
      append(first, event("a", 10), event("b", 10)).get();

      assertThat(count(first)).isEqualTo(2);
      assertThat(count(second)).isZero();
      List<Claim> claims = claim(first, 10);
      assertThat(claims).hasSize(2);
      claims.get(0).settle(Settlement.DONE);
      // The second time the id is known.
      assertThat(append(first, event("a", 10)).get()).isZero();
      assertThat(count(first)).isEqualTo(1);
    }
    assertThat(list(here)).isEqualTo(before);
  }

  private static String list(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).sorted().collect(Collectors.joining("\n"));
    }
  }

  @Test
  void whatWasStoredSurvivesItsConnection() throws Exception {
    append(outbox, event("a", 10)).get();
    // As if the driver failed.
    assertThatThrownBy(
            () ->
                outbox
                    .access()
                    .run(
                        (store, nowMillis) -> {
                          store.connection().close();
                          return nowMillis;
                        })
                    .get())
        .isNotNull();
    List<Claim> claimed = new ArrayList<>();
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> claimed.addAll(claim(outbox, 10)));
    assertThat(claimed).hasSize(1);
  }

  @Test
  void aReaderIsNotInTheWayOfCommits() throws Exception {
    append(
            outbox,
            IntStream.range(0, 500).mapToObj(i -> event("r" + i, 400)).toArray(OutboxEvent[]::new))
        .get();
    CompletableFuture<Void> reading =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < 300; i++) {
                  assertThat(count(outbox)).isBetween(500, 600);
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    for (int i = 0; i < 100; i++) {
      assertThat(append(outbox, event("w" + i, 400)).get()).isEqualTo(1);
    }
    reading.get(30, TimeUnit.SECONDS);
    assertThat(outbox.failure()).isNull();
  }

  @Test
  void isBoundedByAQuarterOfTheHeap() throws Exception {
    long bytes =
        outbox
            .access()
            .run(
                (store, nowMillis) ->
                    number(store, "PRAGMA max_page_count") * number(store, "PRAGMA page_size"))
            .get();
    assertThat(bytes)
        .isPositive()
        .isLessThanOrEqualTo(Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 4));
  }

  private static long number(Store store, String pragma) throws java.sql.SQLException {
    try (Statement statement = store.connection().createStatement();
        ResultSet row = statement.executeQuery(pragma)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void fullIt503sAndDelivers() throws Exception {
    try (Receiver receiver = Receiver.start().answer(Answer.status(500));
        Application application =
            Application.start(
                folder,
                Map.of(
                    "webhooks.urls",
                    receiver.url(),
                    "webhooks.outbox.url",
                    "jdbc:sqlite::memory:?max_page_count=200",
                    "webhooks.retry.max-delay",
                    "1s"))) {
      Sender sender = new Sender(application.url(""), 4000);
      sender.sendUntilRefused();
      sender.awaitDown("SQLITE_FULL");
      receiver.answer(Answer.status(200));
      sender.awaitUp();
      sender.sendUntilAccepted();
      sender.awaitDelivery(receiver);
      assertThat(
              Http.send("GET", application.url("/observe/health?exposureLevel=full&data=true"))
                  .body())
          .contains("\"durability\":\"none: in memory, lost when the process ends\"");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.contains("db") || name.contains("memory"));
    }
  }
}
