package io.dromedary.history;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests the history in a file beside an outbox on SQLite, which may be damaged or deleted. */
class SqliteHistoryTest extends HistoryContract {

  @Override
  Map<String, String> store() {
    return Map.of();
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file());
  }

  private Path file() {
    return folder.resolve("history.db");
  }

  @Test
  void nobodyButItsOwnerReadsTheFile() throws Exception {
    start(Map.of());
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    // The file does not contain the user's id itself.
    assertThat(Files.readString(file(), ISO_8859_1)).doesNotContain("ann");
  }

  @Test
  void nothingOfWhatIsErasedIsLeftInTheFiles() throws Exception {
    start(Map.of());
    receiver.answer(Answer.status(401).body("no account of Ann Lee"));
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    assertThat(history().erase(ofUser("ann"))).isEqualTo(1);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().contains("history.db")).toList()) {
        assertThat(Files.readString(file, ISO_8859_1))
            .as(file.toString())
            .doesNotContain("Ann Lee");
      }
    }
    send("m-2", "'ann'");
    awaitAttempts("m-2", 1);
  }

  @Test
  void aConnectionToReadNeedsNoLockAndCannotWrite() throws Exception {
    start(Map.of());
    HistoryFile history = HistoryFile.beside(folder.resolve("another.db"));
    try (Connection writing = history.connectToWrite(1);
        Statement locking = writing.createStatement()) {
      locking.executeUpdate("UPDATE sqlite_sequence SET seq = 7");
      try (Connection reading = history.connectToRead();
          Statement statement = reading.createStatement()) {
        assertThatThrownBy(() -> statement.executeUpdate("UPDATE sqlite_sequence SET seq = 8"))
            .hasMessageContaining("readonly");
      }
    }
  }

  @Test
  void aFileThatIsNoDatabaseIsPutAside() throws Exception {
    Files.writeString(file(), "this is no database, but long enough to look like one ".repeat(100));
    start(Map.of());
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    assertThat(folder.resolve("history.db.corrupt")).content().startsWith("this is no database");
  }

  @Test
  void aFileOfALaterVersionIsPutAside() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 99");
      statement.execute("CREATE TABLE other (id INTEGER)");
    }
    start(Map.of());
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    assertThat(folder.resolve("history.db.corrupt")).exists();
  }

  @Test
  void aFileThatIsDamagedWhileItIsUsedIsPutAside() throws Exception {
    start(Map.of());
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    application.close();
    byte[] bytes = Files.readAllBytes(file());
    // All pages but the first, so that the file can be opened.
    Arrays.fill(bytes, 4096, bytes.length, (byte) 0x5a);
    Files.write(file(), bytes);

    start(Map.of());
    send("m-2", "'ann'");
    await().atMost(AT_MOST).until(() -> folder.resolve("history.db.corrupt").toFile().exists());
    send("m-3", "'ann'");
    await()
        .atMost(AT_MOST)
        .ignoreException(HistoryException.class)
        .until(() -> history().ofEvent("m-3").size() == 1);
  }

  @Test
  void aFileThatIsDeletedBeginsAnewAndCostsNoDelivery() throws Exception {
    start(Map.of());
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    Files.delete(file());
    send("m-2", "'ann'");
    await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("m-2"));
    await()
        .atMost(AT_MOST)
        .ignoreException(HistoryException.class)
        .until(() -> history().ofEvent("m-2").size() == 1);
    assertThat(history().ofEvent("m-1")).isEmpty();
    assertThat(file()).exists();
  }

  @Test
  void whereTheOutboxIsInMemorySoIsTheHistory() throws Exception {
    start(Map.of("webhooks.outbox.url", "jdbc:sqlite::memory:"));
    send("m-1", "'ann'");
    awaitAttempts("m-1", 1);
    assertThat(file()).doesNotExist();
  }

  /** Where much is written in a minute, it is not to take much more than there is room for. */
  @Test
  void muchThatIsWrittenAtOnceExpiresSoon() throws Exception {
    start(Map.of("webhooks.outbox.url", "jdbc:sqlite::memory:"));
    String id = "m".repeat(500);
    for (int piece = 0; piece < 10; piece++) {
      List<AttemptRecord> deleted = new ArrayList<>();
      for (int i = 0; i < 2000; i++) {
        deleted.add(
            AttemptRecord.gone(
                clock.instant(), "default", id + piece + "-" + i, "track", AttemptRecord.DELETED));
      }
      history().deleted(deleted);
    }
    // 8 MB of both kinds, of records of 1.2 kB.
    List<AttemptRecord> left =
        await()
            .atMost(AT_MOST)
            .until(
                () -> history().attempts(AttemptFilter.ALL, null, 20_000),
                found -> found.size() < 7000);
    assertThat(left.get(0).messageId()).endsWith("9-1999");
  }

  @Test
  void aFolderThatCannotBeWrittenToCostsTheHistoryAndNoDelivery() throws Exception {
    Files.createDirectory(file());
    start(Map.of());
    send("m-1", "'ann'");
    await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("m-1"));
    assertThatThrownBy(() -> history().ofEvent("m-1"))
        .isInstanceOf(HistoryException.class)
        .hasMessageStartingWith("the history of attempts (" + file() + ") does not work now: ");
  }
}
