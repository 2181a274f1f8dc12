package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command tail, which follows the attempts of a running application. */
@Timeout(120)
class TailCommandTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final String TIME = "\\d\\d:\\d\\d:\\d\\d";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Shell shell;
  private Application application;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("webhooks.urls", receiver.url("/hook")));
    all.put("webhooks.retry.initial-delay", "10ms");
    all.putAll(settings);
    application = Application.start(folder, all);
    shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(application.port()));
  }

  private void track(String messageId) {
    String event = "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + messageId + "\"}";
    assertThat(Http.post(application.url("/v1/track"), event).status()).isEqualTo(200);
  }

  private List<String> lines() {
    return shell.out().lines().toList();
  }

  @Test
  void attemptsAreFollowed() throws Exception {
    receiver.answerNext(Answer.status(503).body("busy \u001b[2J"));
    start(Map.of());
    CompletableFuture<Integer> tail =
        CompletableFuture.supplyAsync(() -> shell.run("tail", "--count=2"));
    track("m-1");

    assertThat(tail.get(60, TimeUnit.SECONDS)).isZero();

    assertThat(lines()).hasSize(2);
    assertThat(lines().get(0))
        .matches(
            TIME
                + "\\.\\d{3} m-1 default/1 #1 503  \\d+ ms  → "
                + TIME
                + "  \".*busy \\\\u001b\\[2J.*\"");
    assertThat(lines().get(1)).matches(TIME + "\\.\\d{3} m-1 default/1 #2 200  \\d+ ms");
  }

  @Test
  void attemptsAreFollowedIntoAHistoryThatBeginsAnew() throws Exception {
    start(Map.of());
    CompletableFuture<Integer> tail =
        CompletableFuture.supplyAsync(() -> shell.run("tail", "--count=4"));
    for (String id : List.of("m-1", "m-2", "m-3")) {
      track(id);
    }
    await().atMost(AT_MOST).until(() -> lines().size() == 3);
    Files.delete(folder.resolve("history.db"));
    track("m-4");

    assertThat(tail.get(30, TimeUnit.SECONDS)).isZero();

    assertThat(lines()).hasSize(4);
    assertThat(lines().get(3)).contains(" m-4 default/1 #1 200 ");
  }

  @Test
  void whatIsAskedForIsShown() throws Exception {
    Instant start = Instant.now();
    receiver.answerBy(request -> Answer.status(request.text().contains("m-refused") ? 400 : 200));
    start(Map.of());
    track("m-1");
    track("m-refused");
    track("m-2");
    // Attempts are written to the history a little later.
    assertThat(shell.run("tail", "--count=3")).isZero();

    assertThat(shell.run("tail", "--failed", "--count=1")).isZero();
    assertThat(lines())
        .singleElement()
        .asString()
        .contains(" m-refused default/1 #1 400 ", "→ none");
    assertThat(shell.run("tail", "--class=4xx", "--count=1", "-n", "5")).isZero();
    assertThat(lines()).singleElement().asString().contains(" m-refused ");
    assertThat(shell.run("tail", "--json", "--since=" + start, "--count=3")).isZero();
    List<String> ids = new ArrayList<>();
    for (String line : lines()) {
      JsonNode attempt = new ObjectMapper().readTree(line);
      ids.add(attempt.get("messageId").asText());
      assertThat(attempt.get("destination").asText()).isEqualTo("default");
    }
    assertThat(ids).containsExactlyInAnyOrder("m-1", "m-refused", "m-2");
    assertThat(shell.run("tail", "-n", "1", "--count=1", "--type=track")).isZero();
    assertThat(lines()).hasSize(1);
  }

  @Test
  void whereNothingIsKeptItIsSaid() {
    start(Map.of("webhooks.history", "off"));

    assertThat(shell.run("tail", "--count=1")).isEqualTo(1);
    assertThat(shell.err()).isEqualTo("attempts are not kept: webhooks.history is off\n");
    assertThat(shell.run("tail", "--count=none")).isEqualTo(2);
  }
}
