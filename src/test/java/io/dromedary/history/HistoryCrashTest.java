package io.dromedary.history;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a killed process loses at most the last five seconds of its history. */
@Timeout(120)
class HistoryCrashTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  /** The most that a kill may lose of the history. */
  private static final Duration LOST = Duration.ofSeconds(5);

  private static final Pattern FAILING = Pattern.compile("\"messageId\":\"(failing-[0-9]+)\"");

  @TempDir Path folder;
  private final List<String> sent = new ArrayList<>();

  private long kept() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("history.db"));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM attempt_history")) {
      return row.getLong(1);
    }
  }

  private void send(HistoryProcess process) {
    String id = (sent.size() % 5 == 0 ? "failing-" : "good-") + sent.size();
    String event = json("{'userId':'u','event':'e','messageId':'" + id + "'}");
    assertThat(Http.post(process.url("/v1/track"), event).status()).isEqualTo(200);
    sent.add(id);
  }

  /** Sends events until the history has been written once and is about to be written again. */
  private void sendAlmostUntilItIsWrittenTwice(HistoryProcess process) throws SQLException {
    long before = kept();
    Instant[] written = {Instant.MAX};
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              send(process);
              Instant now = Instant.now();
              if (written[0].equals(Instant.MAX) && kept() > before) {
                written[0] = now;
              }
              return Duration.between(written[0], now).compareTo(Duration.ofMillis(3500)) > 0;
            });
  }

  /** The failed attempts that the webhook had received before an instant: event and number. */
  private static List<String> failed(Receiver webhook, Instant until) {
    Map<String, Integer> numbers = new HashMap<>();
    List<String> failed = new ArrayList<>();
    for (Request request : webhook.requests()) {
      Matcher failing = FAILING.matcher(request.text());
      if (failing.find() && request.at().isBefore(until)) {
        String id = failing.group(1);
        failed.add(id + " #" + numbers.merge(id, 1, Integer::sum));
      }
    }
    return failed;
  }

  @Test
  void aKillCostsTheLastSecondsOfTheHistoryAndNoEvent() throws Exception {
    try (Receiver webhook = Receiver.start()) {
      webhook.answerBy(
          request -> Answer.status(FAILING.matcher(request.text()).find() ? 503 : 200));
      Instant killed;
      try (HistoryProcess process = HistoryProcess.start(folder, webhook.url())) {
        sendAlmostUntilItIsWrittenTwice(process);
        killed = Instant.now();
        process.kill();
      }
      List<String> failed = failed(webhook, killed.minus(LOST));
      assertThat(failed).isNotEmpty();

      try (Application again = Application.start(folder, Map.of("webhooks.urls", webhook.url()))) {
        History history = History.of(again.context());
        assertThat(history).isNotNull();
        assertThat(history.since(0, AttemptFilter.ALL, 10_000))
            .filteredOn(each -> each.outcome().equals(AttemptRecord.TEMPORARY))
            .extracting(each -> each.messageId() + " #" + each.number())
            .containsAll(failed);
        await().atMost(AT_MOST).until(() -> webhook.messageIds().keySet().containsAll(sent));
        for (String id : sent) {
          EventStory story = EventStory.of(again.context(), id);
          assertThat(story.acceptedAt()).as(id).isNotNull();
          assertThat(story.state())
              .as(id)
              .isIn(
                  id.startsWith("failing")
                      ? List.of(EventStory.State.WAITING)
                      : List.of(EventStory.State.DELIVERED, EventStory.State.WAITING));
        }
      }
    }
  }
}
