package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator can read on the page of metrics after real deliveries. */
class MetricsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final String HERE = "destination=\"default\"";

  @TempDir Path folder;
  private final Receiver first = Receiver.start();
  private final Receiver second = Receiver.start();

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  private Application start() {
    return Application.start(
        folder,
        Map.of(
            "webhooks.urls",
            first.url("/hush") + "," + second.url("/hush"),
            "webhooks.retry.in-memory",
            "0s"));
  }

  private static String page(Application application) throws IOException {
    Http.Response answer = Http.send("GET", application.url("/observe/metrics"));
    assertThat(answer.status()).isEqualTo(200);
    return answer.body();
  }

  /** Ours, by name and labels. */
  private static Map<String, Double> metrics(Application application) throws IOException {
    return page(application)
        .lines()
        .filter(line -> line.startsWith("dromedary_"))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.lastIndexOf(' ')),
                line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
  }

  private static String attempts(int webhook, String outcome) {
    return "dromedary_attempts_total{"
        + HERE
        + ",outcome=\""
        + outcome
        + "\",webhook=\""
        + webhook
        + "\"}";
  }

  private static String limit(int webhook) {
    return "dromedary_webhook_limit{" + HERE + ",webhook=\"" + webhook + "\"}";
  }

  private static String dead(String reason) {
    return "dromedary_dead_letters_total{" + HERE + ",reason=\"" + reason + "\"}";
  }

  private static String of(String name) {
    return "dromedary_" + name + "{" + HERE + "}";
  }

  private static String down(int webhook) {
    return "dromedary_webhook_down{" + HERE + ",webhook=\"" + webhook + "\"}";
  }

  private static void send(Application application, String id) throws IOException {
    assertThat(
            Http.post(
                    application.url("/v1/track"),
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}")
                .status())
        .isEqualTo(200);
  }

  @Test
  void whatHasHappenedIsCounted() throws Exception {
    second.answer(Answer.status(400));
    try (Application application = start()) {
      send(application, "m-1");
      send(application, "m-2");
      send(application, "m-2");
      Http.post(
          application.url("/v1/batch"),
          "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\"},"
              + "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\"}]}");
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application))
                      .containsEntry(of("delivered_events_total"), 3.0)
                      .containsEntry(of("in_flight_events"), 0.0));

      Map<String, Double> metrics = metrics(application);
      // How long it took, and what the store had when it was last looked at.
      assertThat(metrics.remove(of("delivery_seconds_total"))).isPositive();
      assertThat(metrics.remove(of("outbox_events"))).isBetween(0.0, 3.0);
      assertThat(metrics.remove(of("outbox_overdue_seconds"))).isNotNegative();
      assertThat(metrics.remove(limit(1))).isPositive();
      assertThat(metrics.remove(limit(2))).isPositive();
      assertThat(metrics)
          .containsExactlyInAnyOrderEntriesOf(
              Map.ofEntries(
                  Map.entry(of("accepted_events_total"), 3.0),
                  Map.entry(attempts(1, "accepted"), 3.0),
                  Map.entry(attempts(1, "temporary"), 0.0),
                  Map.entry(attempts(1, "permanent"), 0.0),
                  Map.entry(attempts(2, "accepted"), 0.0),
                  Map.entry(attempts(2, "temporary"), 0.0),
                  Map.entry(attempts(2, "permanent"), 3.0),
                  Map.entry(of("delivered_events_total"), 3.0),
                  Map.entry(of("parked_events_total"), 0.0),
                  Map.entry(dead("invalid"), 1.0),
                  Map.entry(dead("transform"), 0.0),
                  Map.entry(dead("rejected"), 0.0),
                  Map.entry(dead("expired"), 0.0),
                  Map.entry(of("in_flight_events"), 0.0),
                  Map.entry(down(1), 0.0),
                  Map.entry(down(2), 0.0),
                  Map.entry("dromedary_outbox_up", 1.0)));
      // Of a URL nothing is shown, and of Camel's own nothing is measured.
      assertThat(page(application))
          .contains("jvm_memory_used_bytes")
          .doesNotContain("hush", "127.0.0.1", "camel_");
    }
  }

  @Test
  void anOutageIsSeen() throws Exception {
    first.answer(Answer.status(503));
    second.answer(Answer.status(503));
    try (Application application = start()) {
      for (int i = 0; i < 20; i++) {
        send(application, "m-" + i);
      }
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application))
                      .containsEntry(down(1), 1.0)
                      .containsEntry(down(2), 1.0)
                      .containsEntry(of("outbox_events"), 20.0));
      assertThat(metrics(application).get(of("parked_events_total"))).isPositive();
      assertThat(metrics(application).get(attempts(1, "temporary"))).isGreaterThanOrEqualTo(10);
    }
  }
}
