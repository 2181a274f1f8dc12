package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.Application;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines that are logged at the start. They contain no secret. */
class StartSummaryTest {

  @TempDir Path folder;

  @Test
  void eachDestinationIsToldWithoutItsSecrets() {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.rate", "100/s");
    settings.put("webhooks.concurrency", "4");
    settings.put("webhooks.destination.crm.down.detection", "off");
    settings.putAll(
        Map.of(
            "webhooks.urls", "https://a.example/s3cret?s3cret",
            "webhooks.inbound", "direct:in",
            "webhooks.destination.crm.urls", "https://b.example/s3cret,mock:b",
            "webhooks.destination.crm.signing.secret", "s3cret",
            "webhooks.destination.crm.headers.X-Key", "s3cret",
            "webhooks.destination.crm.write-key.secret", "s3cret",
            "webhooks.destination.crm.events", "track,page",
            "webhooks.destination.crm.transform", "log:mask?level=OFF&marker=s3cret",
            "webhooks.dead-letter", "mock:dead"));
    try (Application application = Application.start(folder, settings)) {
      assertThat(StartSummary.lines(application.context()))
          .containsExactly(
              "Dromedary is ready",
              "  inbound       direct:in",
              "  destination   default",
              "    webhooks      https://a.example",
              "    accepted by   1 of 1",
              // The secret of the packaged file.
              "    signed        x-signature, secret e2186dbd",
              "    retried for   4h, an attempt ends after 5s",
              "    limited to    100/s and 4 at once, each webhook",
              "  destination   crm",
              "    webhooks      https://b.example, mock:b",
              "    takes         page, track",
              "    accepted by   1 of 2",
              "    transformed   by log:mask",
              "    signed        x-signature, secret 1ec1c26b",
              "    retried for   4h, an attempt ends after 5s",
              "    down          detection is off: a webhook that is down is sent to as any other",
              "  queue         outbox:default, outbox:crm in jdbc:sqlite:"
                  + folder.resolve("outbox.db"),
              "  dead letters  in the outbox for 720h, told to mock:dead");
    }
  }

  @Test
  void whatIsSentWithoutEncryptionBeyondThisMachineIsAWarning() {
    Map<String, String> settings =
        Map.of(
            "webhooks.inbound",
            "direct:in",
            "webhooks.urls",
            "http://a.example/s3cret,https://a.example/s3cret,http://my_receiver:8080/s3cret",
            "webhooks.destination.local.urls",
            "http://127.0.0.1:1/x,http://localhost:1/x,seda:a");
    try (Application application = Application.start(folder, settings)) {
      assertThat(StartSummary.warnings(Settings.of(application.context())))
          .containsExactly(
              "Destination default: events are sent without encryption to http://a.example,"
                  + " http://my_receiver:8080; anybody on the network path can read them, so use"
                  + " https");
    }
  }

  /** A receiver can compute the same with other tools. */
  @Test
  void aFingerprintIsThatOfTheBytesInUtf8() {
    // printf %s "$SECRET" | sha256sum | cut -c1-8
    assertThat(SecretFingerprint.of("change-me")).isEqualTo("e2186dbd");
    assertThat(SecretFingerprint.of("gr\u00fc\u00dfe, \ud83d\udc2a")).isEqualTo("9543da62");
  }
}
