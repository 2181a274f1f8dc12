package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sender;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests faults of the database, caused for real. */
class PostgresFaultTest {

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final int port = Application.freePort();
  private EmbeddedPostgres database;
  private Application application;
  private Sender sender;

  @BeforeEach
  void start() throws Exception {
    database = startDatabase();
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.urls",
                receiver.url(),
                "webhooks.timeout",
                "1s",
                "webhooks.outbox.url",
                database.getJdbcUrl("postgres", "postgres"),
                // For events claimed in a transaction whose outcome is unknown.
                "webhooks.outbox.lease",
                "2s"));
    sender = new Sender(application.url(""), 400);
    assertThat(sender.send()).isTrue();
  }

  private EmbeddedPostgres startDatabase() throws Exception {
    return EmbeddedPostgres.builder()
        .setDataDirectory(folder.resolve("database"))
        .setCleanDataDirectory(false)
        .setPort(port)
        .start();
  }

  @AfterEach
  void close() throws Exception {
    application.close();
    database.close();
    receiver.close();
  }

  /** Asserts what must hold after a fault has passed. */
  private void assertRecovery() {
    sender.awaitUp();
    sender.sendUntilAccepted();
    sender.awaitDelivery(receiver);
  }

  @Test
  void aDatabaseThatStopsAndStartsAgain() throws Exception {
    database.close();

    sender.sendUntilRefused();
    sender.awaitDown("refused");
    assertThat(sender.send()).isFalse();

    database = startDatabase();
    assertRecovery();
  }

  @Test
  void aDatabaseThatDoesNotAnswer() throws Exception {
    signal("-STOP");
    try {
      sender.sendUntilRefused();
      sender.awaitDown("");
      assertThat(sender.send()).isFalse();
    } finally {
      signal("-CONT");
    }
    assertRecovery();
  }

  /** Sends a signal to all processes of the database. */
  private void signal(String name) throws Exception {
    Path pidFile = folder.resolve("database").resolve("postmaster.pid");
    ProcessHandle server =
        ProcessHandle.of(Long.parseLong(Files.readAllLines(pidFile).get(0).strip())).orElseThrow();
    List<String> command = new ArrayList<>(List.of("kill", name));
    Stream.concat(Stream.of(server), server.descendants())
        .map(process -> Long.toString(process.pid()))
        .forEach(command::add);
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void aConnectionThatIsEndedInTheMiddle() throws Exception {
    try (Connection other = database.getPostgresDatabase().getConnection();
        Statement statement = other.createStatement()) {
      // Often enough to hit transactions at every point.
      for (int i = 0; i < 8; i++) {
        int before = sender.accepted().size();
        await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> sender.send(10) && sender.accepted().size() >= before + 50);
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'dromedary'");
      }
    }
    assertRecovery();
  }

  @Test
  void aTableThatIsLockedForLongerThanAnybodyWaits() throws Exception {
    try (Connection other = database.getPostgresDatabase().getConnection();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE outbox");
      sender.sendUntilRefused();
      sender.awaitDown("");
      // A statement that was abandoned but not cancelled would still hold locks afterwards.
      await()
          .during(Duration.ofSeconds(6))
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(waiting()).isLessThanOrEqualTo(1));
      other.rollback();
    }
    assertRecovery();
  }

  /** The number of Dromedary's statements that the database is executing. */
  private int waiting() throws SQLException {
    try (Connection other = database.getPostgresDatabase().getConnection();
        Statement statement = other.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity"
                    + " WHERE application_name = 'dromedary' AND state = 'active'")) {
      row.next();
      return row.getInt(1);
    }
  }
}
