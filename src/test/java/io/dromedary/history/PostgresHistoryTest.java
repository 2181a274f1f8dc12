package io.dromedary.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the history in tables beside an outbox on PostgreSQL. */
class PostgresHistoryTest extends HistoryContract {

  private static EmbeddedPostgres server;
  private static int databases;

  @BeforeAll
  static void startServer() throws IOException {
    server = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @BeforeEach
  void createDatabase() throws SQLException {
    databases++;
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE history" + databases);
    }
  }

  @Override
  Connection connect() throws SQLException {
    return server.getDatabase("postgres", "history" + databases).getConnection();
  }

  @Test
  void eachNodeTellsOfTheAttemptsOfAllAndCountsNoneTwice() throws Exception {
    start(Map.of());
    try (Application other = startNode(Files.createDirectory(folder.resolve("other")), Map.of())) {
      receiver.answerBy(request -> Answer.status(request.text().contains("refused") ? 401 : 200));
      List<String> here = List.of("a-1", "a-2", "a-refused");
      List<String> there = List.of("b-1", "b-refused");
      here.forEach(id -> send(application, id, "'ann'"));
      there.forEach(id -> send(other, id, "'ann'"));

      for (Application each : List.of(application, other)) {
        History history = history(each);
        for (String id : Stream.concat(here.stream(), there.stream()).toList()) {
          await().atMost(AT_MOST).until(() -> history.ofEvent(id).size() == 1);
        }
        assertThat(history.attempts(AttemptFilter.ALL, null, 100)).hasSize(5);
        for (Duration step : List.of(Duration.ofSeconds(10), MINUTE, Duration.ofHours(1))) {
          Instant from = clock.instant().truncatedTo(ChronoUnit.HOURS);
          List<Rollup> counts =
              history.rollups("default", 1, from, from.plus(Duration.ofHours(1)), step);
          Rollup sum = Rollup.sum(from, counts);
          assertThat(List.of(sum.accepted(), sum.permanent(), sum.delivered()))
              .as("steps of %s", step)
              .containsExactly(3L, 2L, 3L);
        }
        assertThat(history.errors("default", 1, clock.instant().minusSeconds(60)))
            .singleElement()
            .satisfies(group -> assertThat(group.count()).isEqualTo(2))
            .satisfies(group -> assertThat(group.samples()).hasSize(2));
      }
    }
  }

  @Override
  Map<String, String> store() {
    return Map.of("webhooks.outbox.url", server.getJdbcUrl("postgres", "history" + databases));
  }
}
