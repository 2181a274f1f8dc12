package io.dromedary.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the overview while the store answers nobody. */
@Timeout(120)
class SilentStoreTest {

  @TempDir Path folder;

  private static String overview(Application application) {
    return PageText.of(
        Http.send("GET", application.url("/dromedary"), "Accept", "text/html").body());
  }

  @Test
  void aStoreThatDoesNotAnswerIsSaidAndNotShownAsWell() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start();
        Receiver receiver = Receiver.start();
        Application application =
            Application.start(
                folder,
                Map.of(
                    "webhooks.urls",
                    receiver.url(),
                    "webhooks.outbox.url",
                    server.getJdbcUrl("postgres", "postgres")));
        Connection holder = server.getPostgresDatabase().getConnection();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE");

      // Figures that were read before are shown for a minute.
      await()
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () ->
                  assertThat(overview(application))
                      .contains(
                          "The store does not answer in time: what waits, and for how long, is not"
                              + " known now.",
                          "Waiting – the store does not say",
                          "The store does not answer in time: jdbc:postgresql:"));
      holder.rollback();
    }
  }
}
