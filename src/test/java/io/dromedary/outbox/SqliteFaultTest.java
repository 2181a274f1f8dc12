package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.outbox.store.Store;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sender;
import io.dromedary.testing.SettableClock;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests faults of the database's file, caused for real; {@code FaultIT} tests a full disk. */
class SqliteFaultTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private Path data;
  private Path file;

  @BeforeEach
  void configure() throws Exception {
    data = Files.createDirectory(folder.resolve("data"));
    file = data.resolve("outbox.db");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + file);
    settings.put("webhooks.retry.max-delay", "1s");
  }

  @AfterEach
  void close() {
    receiver.close();
  }

  private static Sender sender(Application application) {
    return new Sender(application.url(""), 400);
  }

  /** Asserts what must hold after a fault has passed. */
  private void assertRecovery(Sender sender) {
    sender.awaitUp();
    sender.sendUntilAccepted();
    sender.awaitDelivery(receiver);
  }

  @Test
  void aFileThatSomebodyElseLocks() throws Exception {
    try (Application application = Application.start(folder, settings)) {
      Sender sender = sender(application);
      assertThat(sender.send()).isTrue();
      try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = other.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");

        sender.sendUntilRefused();
        sender.awaitDown("SQLITE_BUSY");
        assertThat(sender.send()).isFalse();
        statement.execute("ROLLBACK");
      }
      assertRecovery(sender);
    }
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }

  @Test
  void aFolderThatIsTakenAwayAndBroughtBack() throws Exception {
    receiver.answer(Answer.status(500));
    try (Application application = Application.start(folder, settings)) {
      Sender sender = sender(application);
      assertThat(sender.send()).isTrue();
      Path away = folder.resolve("away");
      Files.move(data, away);

      sender.sendUntilRefused();
      sender.awaitDown("has been moved or deleted");
      // Creating the folder does not help, since a new file would lack the events.
      Files.createDirectory(data);
      assertThat(sender.send()).isFalse();
      sender.awaitDown("has been moved or deleted");

      Files.delete(data);
      Files.move(away, data);
      receiver.answer(Answer.status(200));
      assertRecovery(sender);
    }
  }

  @Test
  void aStoreThatIsReadOnlyForAWhile() throws Exception {
    try (Application application = Application.start(folder, settings)) {
      Sender sender = sender(application);
      assertThat(sender.send()).isTrue();
      Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
      // Permissions do not bind every user that may run this, so new connections are read-only.
      AtomicBoolean readOnly = new AtomicBoolean(true);
      Thread thread =
          new Thread(
              () -> {
                while (readOnly.get()) {
                  CompletableFuture<Boolean> unused =
                      outbox.access().run(SqliteFaultTest::makeReadOnly);
                  LockSupport.parkNanos(1_000_000);
                }
              });
      thread.start();

      sender.sendUntilRefused();
      sender.awaitDown("SQLITE_READONLY");
      assertThat(sender.send()).isFalse();
      readOnly.set(false);
      thread.join();
      assertRecovery(sender);
    }
  }

  private static boolean makeReadOnly(Store store, long nowMillis) throws SQLException {
    try (Statement statement = store.connection().createStatement()) {
      return statement.execute("PRAGMA query_only = 1");
    }
  }

  @Test
  void aFileThatMayNotGrow() throws Exception {
    receiver.answer(Answer.status(500));
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + file + "?max_page_count=200");
    try (Application application = Application.start(folder, settings)) {
      Sender sender = new Sender(application.url(""), 4000);

      sender.sendUntilRefused();
      sender.awaitDown("SQLITE_FULL");

      // Deliveries make room.
      receiver.answer(Answer.status(200));
      assertRecovery(sender);
    }
  }

  @Test
  void aFileThatIsOverwrittenIsNotUsedUntilItIsPutBack() throws Exception {
    receiver.answer(Answer.status(500));
    try (Application application = Application.start(folder, settings)) {
      // More settlements than are kept in memory.
      Sender sender = new Sender(application.url(""), 30_000);
      for (int i = 0; i < 110; i++) {
        assertThat(sender.send(15)).isTrue();
      }
      byte[] good = Files.readAllBytes(file);
      overwrite(good.length / 10, good.length);

      receiver.answer(Answer.status(200));
      sender.awaitDown("SQLITE_CORRUPT");
      assertThat(sender.send()).isFalse();
      sender.awaitDown("is corrupt");
    }
    overwrite(0, 4096);
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasStackTraceContaining("The outbox (webhooks.outbox.url) cannot be opened: ")
        .hasStackTraceContaining("file is not a database");
  }

  private void overwrite(int from, int to) throws Exception {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(from);
      bytes.write(new byte[to - from]);
    }
  }

  @Test
  void aFileThatMayNotBeWrittenToAtTheStart() {
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + file + "?open_mode=1");
    assertThatThrownBy(() -> Application.start(folder, settings).close())
        .hasStackTraceContaining("The outbox (webhooks.outbox.url) cannot be opened: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0ms", "30s"})
  void aClockThatStepsBackAnHour(String inMemory) throws Exception {
    SettableClock clock = new SettableClock(Instant.parse("2026-01-31T12:00:00Z"));
    settings.put("webhooks.retry.in-memory", inMemory);
    receiver.answer(Answer.status(500));
    try (Application application =
        Application.start(folder, settings, Map.of("dromedary-clock", clock))) {
      Sender sender = sender(application);
      assertThat(sender.send()).isTrue();
      receiver.awaitCount(1, AT_MOST);

      clock.advance(Duration.ofHours(-1));
      receiver.answer(Answer.status(200));

      // New events are delivered at once, and waiting ones not an hour late.
      assertThat(sender.send()).isTrue();
      Instant stepped = clock.instant();
      await()
          .atMost(AT_MOST)
          .until(
              () -> {
                clock.advance(Duration.ofMillis(100));
                return receiver.messageIds().keySet().containsAll(sender.accepted());
              });
      assertThat(clock.instant()).isBefore(stepped.plus(Duration.ofMinutes(30)));
      sender.awaitUp();
    }
  }
}
