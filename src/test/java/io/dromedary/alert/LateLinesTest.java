package io.dromedary.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.LogLines;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log reports late deliveries, with and without alerts. */
@Timeout(120)
class LateLinesTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;

  private static List<String> warnings(LogLines log) {
    return log.lines().stream().filter(line -> line.startsWith("WARN ")).toList();
  }

  /** Compares percentages only, since the instants may be from before or after a clock step. */
  private static void awaitWarnings(LogLines log, String... percents) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(warnings(log))
                    .map(line -> line.replaceAll("At=2026-[0-9T:.-]+Z", "At=…"))
                    .containsExactly(
                        Stream.of(percents)
                            .map(
                                percent ->
                                    "WARN default delivery.late: {percentOfWindow="
                                        + percent
                                        + ", oldestAcceptedAt=…, firstExpiresAt=…, waiting=1}")
                            .toArray(String[]::new)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachLevelIsALineOnce(boolean isTold) throws Exception {
    SettableClock clock = new SettableClock(Instant.parse("2026-01-02T03:04:05.678Z"));
    try (LogLines log = LogLines.of("io.dromedary.alert");
        Receiver webhook = Receiver.start();
        Receiver operator = Receiver.start();
        Application application =
            Application.start(
                folder,
                Map.of(
                    "webhooks.urls",
                    webhook.answer(Answer.status(503)).url(),
                    "webhooks.down.detection",
                    "off",
                    "webhooks.retry.in-memory",
                    "0s",
                    isTold ? "webhooks.alert" : "webhooks.timeout",
                    isTold ? operator.url() : "5s"),
                Map.of("dromedary-clock", clock))) {
      assertThat(
              Http.post(
                      application.url("/v1/track"),
                      "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-1\"}")
                  .status())
          .isEqualTo(200);
      webhook.awaitCount(1, AT_MOST);
      clock.advance(Duration.ofHours(2));

      awaitWarnings(log, "50");
      clock.advance(Duration.ofMinutes(97));
      awaitWarnings(log, "50", "90");
      assertThat(Alerts.of(application.context()) != null).isEqualTo(isTold);
    }
  }
}
