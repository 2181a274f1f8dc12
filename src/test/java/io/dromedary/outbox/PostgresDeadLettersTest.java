package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.store.OutboxException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
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

  private static long replay(Outbox outbox) {
    try {
      return outbox.replays().start(DeadLetterFilter.ALL, 10_000, 10_000).replayed();
    } catch (OutboxException e) {
      throw new AssertionError(e);
    }
  }
}
