package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the files of an outbox on SQLite: opening them twice, and losing them while open. */
@Timeout(120)
class SqliteFilesTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(Instant.parse("2026-01-31T12:00:00Z"));
  private final Deque<Outbox> opened = new ArrayDeque<>();

  @AfterEach
  void close() {
    opened.forEach(Outbox::close);
  }

  private Path file() {
    return folder.resolve("outbox.db");
  }

  private Path beside(String ending) {
    return folder.resolve("outbox.db" + ending);
  }

  private Outbox open(String where) {
    Outbox outbox =
        new Outbox(
            new OutboxSettings(
                "jdbc:sqlite:" + where,
                null,
                null,
                Duration.ofMinutes(2),
                Duration.ofHours(24),
                1000,
                Duration.ofDays(30),
                Duration.ofHours(4)),
            clock);
    opened.push(outbox);
    return outbox;
  }

  private Outbox open() {
    return open(file().toString());
  }

  /** Appends an event. Returns whether it was accepted. */
  private boolean append(Outbox outbox, String id) {
    OutboxEvent event = new OutboxEvent(id, "track", clock.instant(), "{}".getBytes(UTF_8));
    try {
      outbox
          .append(List.of(new Append.Arrival("orders", event)), List.of())
          .get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  private void awaitAccepted(Outbox outbox, String id) {
    await().atMost(AT_MOST).until(() -> append(outbox, id));
  }

  /** Returns the events that another process would find if this one was killed now. */
  private List<String> foundAfterAKill() throws Exception {
    Path copies = Files.createDirectories(folder.resolve("copies"));
    for (String ending : List.of("", "-wal")) {
      Files.copy(
          beside(ending),
          copies.resolve("outbox.db" + ending),
          StandardCopyOption.REPLACE_EXISTING);
    }
    List<String> found = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + copies.resolve("outbox.db"));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT message_id FROM outbox ORDER BY id")) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  // Opening the files twice

  @Test
  void aSecondOutboxOfThisProcessIsRefusedAndLeavesTheLockToTheFirst() throws Exception {
    Outbox first = open();
    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "The outbox "
                + file()
                + " is in use by another outbox of this process: expected one a file.");
    assertRefusedToAnotherProcess(file());

    first.close();
    try (OutboxProcess other = OutboxProcess.start("jdbc:sqlite:" + file())) {
      assertThat(other.said).isEqualTo("open");
    }
  }

  private static void assertRefusedToAnotherProcess(Path file) throws IOException {
    try (OutboxProcess other = OutboxProcess.start("jdbc:sqlite:" + file)) {
      assertThat(other.said)
          .startsWith("The outbox " + file.toRealPath() + " is in use by another process: ");
    }
  }

  @Test
  void aFileIsLockedWhateverItIsCalled() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    Path real = data.resolve("outbox.db");
    Path link = Files.createSymbolicLink(folder.resolve("link.db"), real);
    Path linkedFolder = Files.createSymbolicLink(folder.resolve("linked"), data);

    // The link exists before the file does.
    Outbox first = open(link.toString());
    assertThat(append(first, "a")).isTrue();
    for (String name :
        List.of(
            real.toString(),
            linkedFolder.resolve("outbox.db").toString(),
            data.resolve("../data/outbox.db") + "?cache_size=100",
            "file:" + real + "?cache=private",
            "file://localhost" + data + "/o%75tbox.db#x")) {
      assertThatThrownBy(() -> open(name)).as(name).hasMessageContaining("is in use by");
    }
    assertRefusedToAnotherProcess(linkedFolder.resolve("outbox.db"));
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(data, link, linkedFolder);
    }
  }

  @Test
  void aFileWithAnotherNameThatIsNoLinkToTheFirstIsRefused() throws Exception {
    open().close();
    Files.createLink(folder.resolve("other.db"), file());
    assertThatThrownBy(this::open)
        .hasMessage(
            "The outbox "
                + file()
                + " has 2 names (hard links): expected one, since processes that open it by"
                + " different names do not see each other's log.");
  }

  @Test
  void aUrlThatSqliteReadsDifferentlyIsRefused() {
    assertThatThrownBy(() -> open(file() + "?no_such_pragma=1"))
        .hasMessageContaining("SQLite opened " + file() + "?no_such_pragma=1, expected " + file());
  }

  // Losing files while they are open

  @ParameterizedTest
  @ValueSource(strings = {"-wal", "-shm", "-wal -shm"})
  void aLogThatIsDeletedLosesNothing(String deleted) throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    for (String ending : deleted.split(" ", -1)) {
      Files.delete(beside(ending));
    }

    // Events accepted before or from now on are found after a kill.
    awaitAccepted(outbox, "b");
    assertThat(foundAfterAKill()).containsExactly("a", "b");
    awaitAccepted(outbox, "c");
    assertThat(foundAfterAKill()).containsExactly("a", "b", "c");
    outbox.close();
  }

  @Test
  void aLogThatIsDeletedIsNoticedWhileNothingIsStored() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    Files.delete(beside("-wal"));
    await().atMost(Duration.ofSeconds(5)).until(() -> Files.exists(beside("-wal")));
    assertThat(foundAfterAKill()).containsExactly("a");
  }

  @Test
  void aLogThatIsReplacedByAnotherLosesNothing() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    Files.move(beside("-wal"), beside("-wal.away"));
    Files.writeString(beside("-wal"), "something else");
    awaitAccepted(outbox, "b");
    assertThat(foundAfterAKill()).containsExactly("a", "b");
  }

  @Test
  void aLogThatIsCutOffIsToldAndNotWrittenOn() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    try (var bytes = Files.newByteChannel(beside("-wal"), java.nio.file.StandardOpenOption.WRITE)) {
      bytes.truncate(0);
    }
    // Events that were only in the log are lost. Later ones are not.
    awaitAccepted(outbox, "b");
    assertThat(foundAfterAKill()).contains("b");
  }

  @Test
  void aReaderThatIsOpenWhileTheLogIsDeletedIsNotInTheWay() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    try (Connection reader = outbox.access().connect();
        Statement statement = reader.createStatement();
        ResultSet rows = statement.executeQuery("SELECT message_id FROM outbox")) {
      assertThat(rows.next()).isTrue();
      Files.delete(beside("-wal"));
      Files.delete(beside("-shm"));
      awaitAccepted(outbox, "b");
    }
    assertThat(foundAfterAKill()).containsExactly("a", "b");
    awaitAccepted(outbox, "c");
    assertThat(foundAfterAKill()).containsExactly("a", "b", "c");
  }

  @Test
  void aLockThatIsDeletedIsTakenAgain() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    Files.delete(beside(".lock"));
    await().atMost(AT_MOST).until(() -> Files.exists(beside(".lock")));
    assertRefusedToAnotherProcess(file());
    awaitAccepted(outbox, "b");
  }

  @Test
  void aLockThatAnotherProcessHasTakenAfterItWasDeletedStopsThisOne() throws Exception {
    Outbox outbox = open();
    assertThat(append(outbox, "a")).isTrue();
    OutboxContract.Hold hold = new OutboxContract.Hold(outbox);
    Files.delete(beside(".lock"));
    try (OutboxProcess other = OutboxProcess.start("jdbc:sqlite:" + file())) {
      assertThat(other.said).isEqualTo("open");
      hold.release();
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () -> assertThat(outbox.failure()).contains("is in use by another process"));
      assertThat(append(outbox, "b")).isFalse();
    }
    awaitAccepted(outbox, "c");
    assertThat(foundAfterAKill()).containsExactly("a", "c");
  }
}
