package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What senders see when there is no room for their events. */
class FullQueueTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "webhooks.urls",
              receiver.url(),
              "webhooks.in-flight",
              "1",
              "webhooks.queue",
              "seda:default?size=2&blockWhenFull=true&offerTimeout=50&pollTimeout=50"));

  @AfterEach
  void close() {
    receiver.close();
  }

  private static String track(int i) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m" + i + "\"}";
  }

  @Test
  void aSenderOverHttpIsToldToComeAgain() throws Exception {
    receiver.answer(Answer.status(200).after(Duration.ofSeconds(2)));
    HttpClient client = HttpClient.newHttpClient();
    int accepted = 0;
    HttpResponse<String> last = null;
    try (Application application = Application.start(folder, settings)) {
      for (int i = 0; i < 20 && (last == null || last.statusCode() == 200); i++) {
        HttpRequest post =
            HttpRequest.newBuilder(URI.create(application.url("/v1/batch")))
                .POST(BodyPublishers.ofString("{\"batch\":[" + track(i) + "]}"))
                .build();
        last = client.send(post, BodyHandlers.ofString());
        accepted += last.statusCode() == 200 ? 1 : 0;
      }
      assertThat(last).isNotNull();
      assertThat(last.statusCode()).isEqualTo(503);
      assertThat(last.headers().firstValue("Retry-After")).contains("5");
      assertThat(last.body())
          .isEqualTo(
              "{\"success\":false,\"code\":\"unavailable\",\"message\":\"The events could not be"
                  + " stored; send them again later.\"}");
    }
    // What was answered 200 arrives, also through the stop.
    assertThat(receiver.messageIds()).hasSize(accepted);
  }

  @Test
  void aFileIsHeldBackAndNothingOfItIsStoredTwice() throws Exception {
    receiver.answer(Answer.status(200).after(Duration.ofMillis(30)));
    Path inbox = Files.createDirectory(folder.resolve("inbox"));
    settings.put("webhooks.inbound", "file:" + inbox);
    String lines =
        IntStream.range(0, 40).mapToObj(FullQueueTest::track).collect(Collectors.joining("\n"));
    Files.writeString(inbox.resolve("events.jsonl"), lines);
    try (Application application = Application.start(folder, settings)) {
      receiver.awaitCount(40, AT_MOST);
      await()
          .atMost(AT_MOST)
          .until(() -> Files.exists(inbox.resolve(".camel").resolve("events.jsonl")));
      assertThat(application.context().isStarted()).isTrue();
    }
    assertThat(receiver.messageIds())
        .hasSize(40)
        .allSatisfy((id, times) -> assertThat(times).isEqualTo(1));
  }
}
