package io.dromedary.outbox;

import static io.dromedary.outbox.pending.PendingFilter.ALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.deadletter.Replays.Standing;
import io.dromedary.outbox.store.OutboxException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tests dead letters on PostgreSQL, whose own clock counts. */
class PostgresDeadLettersTest extends DeadLettersContract {

  private static EmbeddedPostgres server;

  @BeforeAll
  static void startServer() throws IOException {
    server = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @Override
  String url() {
    return server.getJdbcUrl("postgres", "postgres");
  }

  @Test
  void twoNodesReplayEachOnce() throws Exception {
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              for (int i = 0; i < 3000; i++) {
                DeadLetterStatements.insert(
                    store, store.takeId(), letter(Reason.EXPIRED, "track", "m-" + i, START));
              }
              return 0;
            })
        .join();
    try (Outbox other = open()) {
      CompletableFuture<Long> there = CompletableFuture.supplyAsync(() -> replay(other));
      long here = replay(outbox);

      assertThat(here + there.join()).isEqualTo(3000);
    }
    assertThat(outbox.deadLetters().count(DeadLetterFilter.ALL)).isEmpty();
  }

  @Test
  void aReplayThatIsHeldUpBetweenPiecesIsNotFinishedForAnotherNode() throws Exception {
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              // A piece, and one more.
              for (int i = 0; i < 501; i++) {
                Instant deadAt = START.plusMillis(i);
                DeadLetterStatements.insert(
                    store, store.takeId(), letter(Reason.EXPIRED, "track", "m-" + i, deadAt));
              }
              return 0;
            })
        .join();
    try (Outbox other = open();
        Connection holder = DriverManager.getConnection(url());
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("SELECT 1 FROM dead_letter WHERE message_id = 'm-500' FOR UPDATE");
      CompletableFuture<Long> replayed = CompletableFuture.supplyAsync(() -> replay(outbox));
      await().atMost(AT_MOST).until(() -> other.pendingEvents().count(ALL).events() == 500);
      other.pendingEvents().delete(ALL);

      long id = other.replays().latest().get(0).id();
      assertThat(other.replays().get(id).state()).isEqualTo("running");
      assertThat(other.replays().standing(id, Set.of(id))).containsExactly(new Standing(id, true));

      holder.rollback();
      assertThat(replayed.join()).isEqualTo(501);
      assertThat(other.replays().get(id).events()).isEqualTo(501);
      other.pendingEvents().delete(ALL);
      assertThat(other.replays().get(id).state()).isEqualTo("finished");
      assertThat(other.replays().standing(id, Set.of(id))).containsExactly(new Standing(id, false));
    }
  }

  private static long replay(Outbox outbox) {
    try {
      return outbox.replays().start(DeadLetterFilter.ALL, 10_000, 10_000).replayed();
    } catch (OutboxException e) {
      throw new AssertionError(e);
    }
  }
}
