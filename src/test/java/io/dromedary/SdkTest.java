package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.event.EventType;
import io.dromedary.testing.Deliveries;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events of the Java SDKs of Segment and RudderStack reach the webhook. */
@Timeout(60)
class SdkTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String SECRET = "s3cret";

  private static Receiver receiver;
  private static Deliveries deliveries;
  private static Application application;

  @BeforeAll
  static void start(@TempDir Path folder) {
    receiver = Receiver.start();
    deliveries = new Deliveries(receiver, SECRET);
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.urls",
                receiver.url(),
                "webhooks.signing.secret",
                SECRET,
                "webhooks.write-key.secret",
                "key"));
  }

  @AfterAll
  static void stop() {
    application.close();
    receiver.close();
    deliveries.check(Set.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Segment", "RudderStack"})
  void sendsEveryTypeOfEvent(String name) {
    Map<String, ?> properties =
        new TreeMap<>(
            Map.of(
                "1",
                "<&> \u00e9 \ud83d\ude00 \u2028",
                "2",
                List.of(1.0, 1e21, -0.0, 12345678901234567L)));
    try (Sdk sdk = Sdk.start(name, application)) {
      Sdk.TYPES.forEach(type -> sdk.send(type, name + " " + type, properties));
      sdk.flush();

      for (EventType type : Sdk.TYPES) {
        String id = name + " " + type;
        assertThat(masked(deliveries.of(id))).isEqualTo(sdk.delivered(type, id, fields(type)));
      }
      awaitOutcomes(sdk, Sdk.TYPES.size());
    }
  }

  /** SDKs fill their requests up to what they assume is the server's limit. */
  @ParameterizedTest
  @ValueSource(strings = {"Segment", "RudderStack"})
  void sendsLongBatches(String name) {
    int count = 40; // some 1.3 MB
    Map<String, ?> properties = Map.of("long", "\u00e9".repeat(16_000));
    try (Sdk sdk = Sdk.start(name, application)) {
      for (int i = 0; i < count; i++) {
        sdk.send(EventType.TRACK, name + " " + i, properties);
      }
      sdk.flush();

      for (int i = 0; i < count; i++) {
        assertThat(deliveries.of(name + " " + i)).hasSizeGreaterThan(16_000);
      }
      awaitOutcomes(sdk, count);
    }
  }

  private static void awaitOutcomes(Sdk sdk, int count) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(sdk.outcomes).hasSize(count).containsOnly("delivered"));
  }

  private static String fields(EventType type) {
    String map = "{'1':'<&> \u00e9 \ud83d\ude00 \u2028','2':[1,1e+21,0,12345678901234568]}";
    return switch (type) {
      case IDENTIFY -> "'traits':" + map;
      case TRACK -> "'event':'e','properties':" + map;
      case PAGE -> "'name':'p','properties':" + map;
      case SCREEN -> "'name':'s','properties':" + map;
      case GROUP -> "'groupId':'g','traits':" + map;
      case ALIAS -> "'previousId':'p'";
      case DELETE -> throw new IllegalArgumentException("no SDK sends it");
    };
  }

  private static String masked(String event) {
    return event
        .replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]{12}Z", "TIME")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID");
  }
}
