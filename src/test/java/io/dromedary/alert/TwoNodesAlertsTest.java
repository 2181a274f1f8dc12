package io.dromedary.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Alerts of two nodes that share an outbox. */
@Timeout(120)
class TwoNodesAlertsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The clock of a node, which counts the checks for alerts that have asked it for the time. */
  private static final class NodeClock extends Clock {

    private final Clock clock;
    private final AtomicInteger checks = new AtomicInteger();

    NodeClock(Clock clock) {
      this.clock = clock;
    }

    @Override
    public Instant instant() {
      if (Thread.currentThread().getName().contains("dromedary-alerts")) {
        checks.incrementAndGet();
      }
      return clock.instant();
    }

    @Override
    public ZoneId getZone() {
      return clock.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return clock.withZone(zone);
    }
  }

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(Instant.now());
  private final NodeClock firstClock = new NodeClock(clock);
  private final NodeClock secondClock = new NodeClock(clock);

  private static Application start(
      Path folder, EmbeddedPostgres server, Receiver webhook, Receiver operator, Clock clock) {
    return Application.start(
        folder,
        Map.of(
            "webhooks.urls",
            webhook.url(),
            "webhooks.alert",
            operator.url(),
            "webhooks.outbox.url",
            server.getJdbcUrl("postgres", "postgres")),
        Map.of("dromedary-clock", clock));
  }

  /** The replays whose end has been told, with the state of each, in the order of the alerts. */
  private static List<String> finished(Receiver operator) {
    return operator.requests().stream()
        .map(TwoNodesAlertsTest::json)
        .filter(alert -> alert.path("type").asText().equals("dromedary.replay.finished"))
        .map(alert -> alert.path("subject") + " " + alert.path("data").path("delivered"))
        .toList();
  }

  private static JsonNode json(Request request) {
    try {
      return JSON.readTree(request.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Moves the clock on, so that replays are checked, until both nodes have checked them again. */
  private void awaitChecksByBoth() {
    clock.advance(Duration.ofMinutes(1));
    for (NodeClock each : List.of(firstClock, secondClock)) {
      // The next but one check has begun after this, so the one before it has ended.
      int enough = each.checks.get() + 3;
      await().atMost(AT_MOST).until(() -> each.checks.get() >= enough);
    }
  }

  @Test
  void theEndOfAReplayIsToldByOneOfThem() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start();
        Receiver webhook = Receiver.start();
        Receiver operator = Receiver.start();
        Application first = start(folder.resolve("first"), server, webhook, operator, firstClock);
        Application second =
            start(folder.resolve("second"), server, webhook, operator, secondClock)) {
      awaitChecksByBoth();
      webhook.answer(Answer.status(400));
      for (Application each : List.of(first, second)) {
        assertThat(
                Http.post(
                        each.url("/v1/track"),
                        "{\"userId\":\"u\",\"event\":\"e\",\"messageId\":\"m-"
                            + each.port()
                            + "\"}")
                    .status())
            .isEqualTo(200);
      }
      await()
          .atMost(AT_MOST)
          .until(
              () ->
                  Http.send("GET", second.url("/dromedary/dead-letters/count"))
                      .body()
                      .startsWith("{\"count\":2,"));
      webhook.answer(Answer.status(200));

      List<String> told = List.of("\"replay 1\" 2");
      assertThat(Http.send("POST", first.url("/dromedary/dead-letters/replay?all=true")).body())
          .contains("\"replay\":1");
      await()
          .atMost(AT_MOST)
          .pollInterval(Duration.ofMillis(200))
          .untilAsserted(
              () -> {
                clock.advance(Duration.ofSeconds(1));
                assertThat(finished(operator)).isEqualTo(told);
              });
      awaitChecksByBoth();

      assertThat(finished(operator)).isEqualTo(told);
      assertThat(
              Stream.of(first, second)
                  .map(each -> Http.send("GET", each.url("/observe/metrics")).body())
                  .filter(text -> text.contains("alerts_total{kind=\"replay.finished\"} 1.0")))
          .hasSize(1);
    }
  }
}
