package io.dromedary.history;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a killed process loses the last seconds of its history, and nothing else. */
@Timeout(120)
class HistoryCrashTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;

  private long kept() throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("history.db"));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM attempt_history")) {
      return row.getLong(1);
    }
  }

  @Test
  void whatHasBeenWrittenOutlivesAKillAndEventsDoAnyway() throws Exception {
    List<String> sent = new ArrayList<>();
    int sentBeforeLastFlush = 0;
    try (Receiver receiver = Receiver.start();
        HistoryProcess process = HistoryProcess.start(folder, receiver.url())) {
      long kept = kept();
      for (int flushes = 0; flushes < 3; ) {
        String id = "m-" + sent.size();
        assertThat(
                Http.post(
                        process.url("/v1/track"),
                        json("{'userId':'u','event':'e','messageId':'" + id + "'}"))
                    .status())
            .isEqualTo(200);
        sent.add(id);
        long now = sent.size() % 10 == 0 ? kept() : kept;
        if (now > kept) {
          kept = now;
          flushes++;
          // A flush has just ended, which wrote all deliveries before it.
          sentBeforeLastFlush = (int) kept;
        }
      }
      await().atMost(AT_MOST).until(() -> receiver.messageIds().keySet().containsAll(sent));
      process.kill();
    }
    assertThat(sentBeforeLastFlush).isPositive().isLessThan(sent.size());
    try (Receiver receiver = Receiver.start();
        Application again = Application.start(folder, Map.of("webhooks.urls", receiver.url()))) {
      History history = History.of(again.context());
      assertThat(history).isNotNull();
      // No record that was written is lost; later ones may be.
      List<AttemptRecord> left = history.since(0, AttemptFilter.ALL, sent.size() + 1);
      assertThat(left)
          .hasSizeGreaterThanOrEqualTo(sentBeforeLastFlush)
          .extracting(AttemptRecord::messageId)
          .isSubsetOf(sent);
      // The state of each event is known nevertheless.
      for (String each : sent) {
        EventStory story = EventStory.of(again.context(), each);
        assertThat(story.acceptedAt()).as(each).isNotNull();
        assertThat(story.state())
            .as(each)
            .isIn(EventStory.State.DELIVERED, EventStory.State.WAITING);
      }
    }
  }
}
