package io.dromedary;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Opens the outbox of commit 542c93f, the first version with one. It had three pages that were
 * answered with 503, two identifies answered with 400, a text that was not an event, and a track
 * that was delivered.
 */
@Timeout(120)
class MigrationTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  /** When that application was stopped, before any of the three pages was due. */
  private static final Instant NOW = Instant.parse("2026-11-30T00:34:40Z");

  @TempDir private Path folder;

  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver receiver = Receiver.start();
  private Application application;

  @BeforeEach
  void copy() throws IOException {
    try (InputStream outbox =
        Objects.requireNonNull(MigrationTest.class.getResourceAsStream("/outbox-of-542c93f.db"))) {
      Files.copy(outbox, folder.resolve("outbox.db"));
    }
  }

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start() {
    application =
        Application.start(
            folder,
            Map.of("webhooks.urls", receiver.url(), "webhooks.signing.secret", "s3cret"),
            Map.of("dromedary-clock", clock));
  }

  private String get(String path) {
    return Http.send("GET", application.url("/dromedary" + path)).body();
  }

  private List<String> arrived() {
    return receiver.requests().stream()
        .map(request -> request.text().replaceFirst(".*\"messageId\":\"([^\"]*)\".*", "$1"))
        .sorted()
        .toList();
  }

  @Test
  void whatWaitedIsDeliveredAfterTheAttemptsThatItHasHad() {
    start();

    String waiting = get("/pending");
    assertThat(waiting)
        .containsPattern("\"page-1\",[^{]*\"attempts\":3,")
        .containsPattern("\"page-2\",[^{]*\"attempts\":2,")
        .containsPattern("\"page-3\",[^{]*\"attempts\":2,")
        .contains("\"firstAttemptAt\":\"2026-11-30T00:34:30.324Z\"");
    assertThat(receiver.count()).isZero();

    clock.advance(Duration.ofMinutes(1));
    await().atMost(AT_MOST).until(() -> receiver.count() >= 3);
    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(get("/pending/count")).isEqualTo(json("{'count':0}")));
    assertThat(arrived()).containsExactly("page-1", "page-2", "page-3");
  }

  @Test
  void deadLettersAreReplayed() {
    start();

    assertThat(get("/dead-letters/count"))
        .isEqualTo(json("{'count':3,'byReason':{'invalid':1,'rejected':2}}"));
    assertThat(get("/dead-letters?reason=rejected"))
        .contains("\"identify-1\"", "\"identify-2\"", "answered 400");
    assertThat(
            Http.send("POST", application.url("/dromedary/dead-letters/replay?reason=rejected"))
                .status())
        .isEqualTo(200);

    clock.advance(Duration.ofMinutes(1));
    await().atMost(AT_MOST).until(() -> receiver.count() >= 5);
    assertThat(arrived()).containsExactly("identify-1", "identify-2", "page-1", "page-2", "page-3");
    assertThat(get("/dead-letters/count")).isEqualTo(json("{'count':1,'byReason':{'invalid':1}}"));
  }

  @Test
  void messageIdsAreKnown() {
    start();
    for (String id : List.of("track-1", "track-2")) {
      assertThat(
              Http.post(
                  application.url("/v1/track"),
                  json("{'userId':'u','event':'e','messageId':'" + id + "'}")))
          .hasToString("200 {\"success\":true}");
    }

    clock.advance(Duration.ofMinutes(1));
    await().atMost(AT_MOST).until(() -> receiver.count() >= 4);
    assertThat(arrived()).containsExactly("page-1", "page-2", "page-3", "track-2");
  }
}
