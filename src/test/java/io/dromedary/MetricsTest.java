package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The metrics after real deliveries. */
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
    return start(Map.of());
  }

  private Application start(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.urls", first.url("/hush") + "," + second.url("/hush"));
    settings.put("webhooks.retry.in-memory", "0s");
    settings.putAll(more);
    return Application.start(folder, settings);
  }

  private static String page(Application application) throws IOException {
    Http.Response answer = Http.send("GET", application.url("/observe/metrics"));
    assertThat(answer.status()).isEqualTo(200);
    return answer.body();
  }

  /** Dromedary's metrics, by name and labels. */
  private static Map<String, Double> metrics(Application application) throws IOException {
    return page(application)
        .lines()
        .filter(line -> line.startsWith("dromedary_"))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.lastIndexOf(' ')),
                line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
  }

  private static String attempts(int webhook, AttemptClass attemptClass, Outcome.Kind outcome) {
    return "dromedary_attempts_total{class=\""
        + attemptClass.label()
        + "\","
        + HERE
        + ",outcome=\""
        + outcome.name().toLowerCase(Locale.ROOT)
        + "\",webhook=\""
        + webhook
        + "\"}";
  }

  /** The metrics of a webhook without attempts: 0 for each class. */
  private static Map<String, Double> noAttempts(int webhook) {
    Map<String, Double> none = new HashMap<>();
    for (AttemptClass each : AttemptClass.values()) {
      each.kinds().forEach(kind -> none.put(attempts(webhook, each, kind), 0.0));
    }
    return none;
  }

  private static String at(String name, String destination, int webhook, String more) {
    return "dromedary_%s{destination=\"%s\"%s,webhook=\"%d\"}"
        .formatted(name, destination, more, webhook);
  }

  private static String refused(String status) {
    return "dromedary_refused_requests_total{status=\"" + status + "\"}";
  }

  private static String rejected(String reason) {
    return "dromedary_rejected_events_total{reason=\"" + reason + "\"}";
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

  /** A scraper that prefers protobuf gets text, since the packaged application has no protobuf. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/plain;version=0.0.4;q=0.5 | text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text;version=1.0.0;q=0.5"
            + " | application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.6,"
            + "text/plain;q=0.5 | text/plain; version=0.0.4; charset=utf-8",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.6,"
            + "application/openmetrics-text;version=1.0.0;q=0.5"
            + " | application/openmetrics-text; version=1.0.0; charset=utf-8"
      })
  void aScraperGetsTextOrOpenMetrics(String accepted, String contentType) {
    try (Application application = start()) {
      Http.Response answer =
          Http.send("GET", application.url("/observe/metrics"), "Accept", accepted + ",*/*;q=0.1");

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers("Content-Type")).containsExactly(contentType);
      assertThat(answer.body()).startsWith("# ").contains("\ndromedary_");
      assertThat(answer.body().endsWith("# EOF\n")).isEqualTo(contentType.contains("openmetrics"));
    }
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
      // Durations differ from run to run, as does the last measurement of the store.
      metrics
          .keySet()
          .removeIf(
              name -> name.contains("_duration_") && !name.contains("_duration_seconds_count"));
      // At least three commits for the posts with new events, and one for the results.
      assertThat(metrics.remove("dromedary_outbox_commit_duration_seconds_count"))
          .isGreaterThanOrEqualTo(4);
      String build =
          "dromedary_build_info{camel=\"%s\",java=\"%s\",version=\"unknown\"}"
              .formatted(application.context().getVersion(), System.getProperty("java.version"));
      assertThat(metrics.remove(build)).isEqualTo(1);
      assertThat(metrics.remove("dromedary_outbox_size_bytes")).isGreaterThan(4096);
      assertThat(metrics.remove("dromedary_history_size_bytes")).isGreaterThan(4096);
      assertThat(metrics.remove(of("outbox_events"))).isBetween(0.0, 3.0);
      assertThat(metrics.remove(of("outbox_overdue_seconds"))).isNotNegative();
      assertThat(metrics.remove(of("outbox_oldest_seconds"))).isNotNegative();
      for (int webhook = 1; webhook <= 2; webhook++) {
        assertThat(metrics.remove(limit(webhook))).isPositive();
        double sent = 0;
        for (boolean isReused : List.of(false, true)) {
          String more = ",reused=\"" + isReused + "\"";
          sent += metrics.remove(at("connections_total", "default", webhook, more));
        }
        assertThat(sent).isEqualTo(3);
      }
      Map<String, Double> expected = new HashMap<>(noAttempts(1));
      expected.putAll(noAttempts(2));
      expected.put(attempts(1, AttemptClass.ACCEPTED, Outcome.Kind.ACCEPTED), 3.0);
      expected.put(attempts(2, AttemptClass.CLIENT_ERROR, Outcome.Kind.PERMANENT), 3.0);
      expected.put(at("attempt_duration_seconds_count", "default", 1, ""), 3.0);
      expected.put(at("attempt_duration_seconds_count", "default", 2, ""), 3.0);
      for (String reason :
          List.of(
              "batch_too_large",
              "batch_too_long",
              "empty_batch",
              "event_too_large",
              "invalid_batch",
              "invalid_json",
              "other",
              "unreadable")) {
        expected.put(rejected(reason), 0.0);
      }
      expected.put(rejected("invalid_event"), 1.0);
      for (String status :
          List.of(
              "400", "401", "403", "404", "405", "413", "414", "415", "429", "431", "500", "503",
              "505", "other")) {
        expected.put(refused(status), 0.0);
      }
      expected.putAll(
          Map.ofEntries(
              Map.entry(of("accepted_events_total"), 3.0),
              Map.entry(of("delivered_events_total"), 3.0),
              Map.entry(of("delivery_duration_seconds_count"), 3.0),
              Map.entry(of("parked_events_total"), 0.0),
              Map.entry(of("dropped_events_total"), 0.0),
              Map.entry(of("replayed_events_total"), 0.0),
              Map.entry(of("retry_window_seconds"), 4 * 3600.0),
              Map.entry(dead("invalid"), 1.0),
              Map.entry(dead("transform"), 0.0),
              Map.entry(dead("rejected"), 0.0),
              Map.entry(dead("expired"), 0.0),
              Map.entry(dead("cancelled"), 0.0),
              Map.entry(of("in_flight_events"), 0.0),
              Map.entry(down(1), 0.0),
              Map.entry(down(2), 0.0),
              Map.entry("dromedary_history_dropped_attempts_total", 0.0),
              Map.entry("dromedary_outbox_up", 1.0)));
      assertThat(metrics).containsExactlyInAnyOrderEntriesOf(expected);
      // No part of a URL is shown, and Camel's own metrics are off.
      assertThat(page(application))
          .contains("jvm_memory_used_bytes")
          .doesNotContain("hush", "127.0.0.1", "camel_");
    }
  }

  /** Refused by the check before the body, by a route, by the server and by the management API. */
  @Test
  void aRequestOfWhichNothingIsTakenIsCountedByItsStatus() throws Exception {
    try (Application application = start()) {
      Map<String, Integer> asked =
          Map.of(
              application.url("/v1/nothing"), 404,
              application.url("/nothing"), 404,
              application.url("/dromedary/pending/count?nothing=1"), 400,
              application.url("/dromedary/pending//count"), 404);
      asked.forEach((url, status) -> assertThat(Http.send("GET", url).status()).isEqualTo(status));
      assertThat(Http.post(application.url("/v1/track"), "{").status()).isEqualTo(400);
      assertThat(Http.send("GET", application.url("/v1/track")).status()).isEqualTo(405);
      // Batches that are accepted in part, and single invalid events, count in other metrics.
      assertThat(Http.post(application.url("/v1/track"), "{}").status()).isEqualTo(400);

      assertThat(metrics(application))
          .containsEntry(refused("404"), 3.0)
          .containsEntry(refused("400"), 2.0)
          .containsEntry(refused("405"), 1.0)
          .containsEntry(refused("other"), 0.0);
    }
  }

  @Test
  void anOutageIsSeen() throws Exception {
    first.answer(Answer.status(503));
    second.answer(Answer.status(503));
    try (Application application = start(Map.of("webhooks.down.after", "1s"))) {
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
      assertThat(
              metrics(application)
                  .get(attempts(1, AttemptClass.SERVER_ERROR, Outcome.Kind.TEMPORARY)))
          .isGreaterThanOrEqualTo(10);
      // The first event was accepted before.
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application).get(of("outbox_oldest_seconds")))
                      .isGreaterThan(1));
    }
  }

  /** Real receivers that fail in every way, each of which has a class. */
  @Test
  void whatComesOfAnAttemptIsInItsClass() throws Exception {
    first.answer(Answer.status(401));
    second.answer(Answer.status(503));
    try (Receiver resets = Receiver.start().answer(Answer.reset());
        Receiver closes = Receiver.start().answer(Answer.closeSilently());
        Receiver redirects = Receiver.start().answer(Answer.redirect(302, "http://127.0.0.1/"));
        Receiver hangs = Receiver.start().answer(Answer.hang());
        Receiver untrusted = Receiver.startTls(new Certificates().selfSigned());
        Receiver limits = Receiver.start().answer(Answer.status(429))) {
      int nobody = Application.freePort();
      String other =
          String.join(
              ",", redirects.url(), limits.url(), "http://nobody.invalid/", untrusted.url());
      Map<String, String> settings = new HashMap<>();
      settings.put(
          "webhooks.urls",
          String.join(
              ",",
              first.url(),
              second.url(),
              resets.url(),
              closes.url(),
              "http://127.0.0.1:" + nobody + "/"));
      settings.put("webhooks.acks", "all");
      settings.put("webhooks.destination.other.urls", other);
      settings.put("webhooks.destination.other.acks", "all");
      settings.put("webhooks.destination.slow.urls", hangs.url());
      settings.put("webhooks.destination.slow.timeout", "500ms");
      try (Application application = start(settings)) {
        send(application, "m-1");
        await()
            .atMost(AT_MOST)
            .untilAsserted(
                () ->
                    assertThat(classes(application))
                        .containsExactly(
                            "default/1 4xx permanent",
                            "default/2 5xx temporary",
                            "default/3 reset temporary",
                            "default/4 closed temporary",
                            "default/5 refused temporary",
                            "other/1 3xx permanent",
                            "other/2 429 temporary",
                            "other/3 dns temporary",
                            "other/4 tls permanent",
                            "slow/1 timeout temporary"));
        // An attempt that ends at its deadline has lasted for the whole timeout.
        Map<String, Double> metrics = metrics(application);
        double count = metrics.get(at("attempt_duration_seconds_count", "slow", 1, ""));
        assertThat(metrics.get(at("attempt_duration_seconds_sum", "slow", 1, "")))
            .isBetween(0.5 * count, 0.6 * count);
        assertThat(
                metrics.get(
                    at("attempt_duration_seconds_bucket", "slow", 1, "")
                        .replace("}", ",le=\"0.25\"}")))
            .isZero();
      }
    }
  }

  /** The attempts that were counted, as destination, webhook, class and outcome. */
  private static Set<String> classes(Application application) throws IOException {
    return page(application)
        .lines()
        .filter(line -> line.startsWith("dromedary_attempts_total{") && !line.endsWith(" 0.0"))
        .map(
            line ->
                line.replaceAll(
                    ".*class=\"(.*?)\",destination=\"(.*?)\",outcome=\"(.*?)\",webhook=\"(.*?)\".*",
                    "$2/$4 $1 $3"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void whenACertificateExpiresIsSeenInItsHandshakes() throws Exception {
    Certificates certificates = new Certificates();
    Certificates.Server server = certificates.good();
    try (Receiver secure = Receiver.startTls(server);
        Application application =
            start(
                Map.of(
                    "webhooks.urls",
                    secure.url() + "," + first.url(),
                    "webhooks.acks",
                    "all",
                    "webhooks.tls.trust-store",
                    certificates.trustStore(folder).toString(),
                    "webhooks.tls.trust-store.password",
                    Certificates.PASSWORD))) {
      String name = at("webhook_certificate_expiry_timestamp_seconds", "default", 1, "");
      assertThat(metrics(application).get(name)).isNaN();
      send(application, "m-1");
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application))
                      .containsEntry(of("delivered_events_total"), 1.0)
                      .containsEntry(name, (double) server.end().getEpochSecond())
                      // Without TLS there is no certificate.
                      .doesNotContainKey(
                          at("webhook_certificate_expiry_timestamp_seconds", "default", 2, "")));
    }
  }

  @Test
  void whatIsDroppedAndReplayedIsCounted() throws Exception {
    first.answer(Answer.status(400));
    Path routes = Files.createDirectories(folder.resolve("routes"));
    Files.writeString(
        routes.resolve("leave-out.camel.yaml"),
        """
        - route:
            id: leave-out
            from:
              uri: direct:leave-out
              steps:
                - filter:
                    simple: ${body} contains 'm-2'
                    steps:
                      - setBody: { constant: '' }
        """);
    try (Application application =
        start(Map.of("webhooks.urls", first.url(), "webhooks.transform", "direct:leave-out"))) {
      send(application, "m-1");
      send(application, "m-2");
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application))
                      .containsEntry(of("dropped_events_total"), 1.0)
                      .containsEntry(dead("rejected"), 1.0));
      first.answer(Answer.status(200));
      assertThat(
              Http.send("POST", application.url("/dromedary/dead-letters/replay?reason=rejected"))
                  .status())
          .isEqualTo(200);
      await()
          .atMost(AT_MOST)
          .untilAsserted(
              () ->
                  assertThat(metrics(application))
                      .containsEntry(of("delivered_events_total"), 1.0)
                      .containsEntry(of("replayed_events_total"), 1.0));
    }
  }
}
