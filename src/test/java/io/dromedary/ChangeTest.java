package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Signatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes that operators and developers make while events are pending. */
class ChangeTest {

  private static final Duration AT_MOST = Duration.ofSeconds(40);

  @TempDir Path folder;
  private final Receiver before = Receiver.start();
  private final Receiver after = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();

  @AfterEach
  void close() {
    before.close();
    after.close();
  }

  private static boolean send(Application application, String messageId) {
    String event =
        "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\"" + messageId + "\"}";
    return Http.post(application.url("/v1/track"), event).status() == 200;
  }

  @Test
  void whatWaitsGoesToAnotherUrlSignedByAnotherSecretAfterARestart() {
    before.answer(Answer.status(503));
    settings.put("webhooks.urls", before.url());
    settings.put("webhooks.signing.secret", "old");
    Set<String> sent = new TreeSet<>();
    try (Application application = Application.start(folder, settings)) {
      for (int i = 0; i < 20; i++) {
        assertThat(send(application, "m" + i)).isTrue();
        sent.add("m" + i);
      }
      await().atMost(AT_MOST).until(() -> before.count() > 0);
    }

    settings.put("webhooks.urls", after.url());
    settings.put("webhooks.signing.secret", "new,old");
    try (Application application = Application.start(folder, settings)) {
      assertThat(send(application, "m0")).as("known already").isTrue();
      await().atMost(AT_MOST).until(() -> after.messageIds().keySet().equals(sent));
      await().atMost(AT_MOST).until(() -> new OutboxFile(folder).count("outbox") == 0);
    }
    assertThat(after.requests()).allMatch(request -> Signatures.verifies("new", request));
    assertThat(new OutboxFile(folder).count("dead_letter")).isZero();
  }

  @Test
  void aRouteFileThatIsEditedIsReloadedAndNothingInFlightIsDropped() throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    writeTransform(routes, "one");
    settings.put("webhooks.urls", after.url());
    settings.put("webhooks.transform", "direct:change");
    settings.put("camel.main.routesReloadEnabled", "true");
    settings.put("camel.main.routesReloadDirectory", routes.toString());
    settings.put("camel.main.routesReloadPattern", "*.camel.yaml");
    settings.put("camel.main.routesReloadRemoveAllRoutes", "false");
    Set<String> sent = new ConcurrentSkipListSet<>();
    AtomicBoolean sending = new AtomicBoolean(true);
    try (Application application = Application.start(folder, settings)) {
      CompletableFuture<Void> sender =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; sending.get(); i++) {
                  assertThat(send(application, "m" + i)).isTrue();
                  sent.add("m" + i);
                }
              });
      await().atMost(AT_MOST).until(() -> hasArrived("one"));
      writeTransform(routes, "two");
      await().atMost(AT_MOST).until(() -> hasArrived("two"));
      sending.set(false);
      sender.join();
      await().atMost(AT_MOST).until(() -> after.messageIds().keySet().equals(sent));
    }
    assertThat(after.messageIds().values()).containsOnly(1);
    assertThat(new OutboxFile(folder).count("dead_letter")).isZero();
  }

  private boolean hasArrived(String name) {
    return after.requests().stream()
        .anyMatch(request -> request.text().contains("\"" + name + "\""));
  }

  private static void writeTransform(Path routes, String name) throws Exception {
    Files.writeString(
        routes.resolve("change.camel.yaml"),
        """
        - route:
            id: change
            from:
              uri: direct:change
              steps:
                - setBody:
                    expression:
                      simple:
                        expression: '{"type":"track","event":"%s","userId":"u","messageId":"${header.DromedaryMessageId}"}'
        """
            .formatted(name));
  }
}
