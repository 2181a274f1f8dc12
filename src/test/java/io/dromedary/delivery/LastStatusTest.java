package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a dead letter has the status of the last answer of any webhook. */
class LastStatusTest {

  @TempDir Path folder;
  private final Receiver first = Receiver.start();
  private final Receiver second = Receiver.start();

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  @ParameterizedTest(name = "waits in memory: {0}")
  @ValueSource(strings = {"30s", "0s"})
  void theLastAnswerMayBeThatOfTheFirstWebhook(String inMemory) throws Exception {
    first.answerNext(Answer.status(503)).answer(Answer.status(422));
    second.answer(Answer.status(400));

    JsonNode letter = deadLetter(Map.of("webhooks.retry.in-memory", inMemory));

    assertThat(letter.get("reason").asText()).isEqualTo("rejected");
    assertThat(letter.at("/webhooks/0/status").asInt()).isEqualTo(422);
    assertThat(letter.at("/webhooks/1/status").asInt()).isEqualTo(400);
    assertThat(letter.get("lastStatus").asInt()).isEqualTo(422);
  }

  @ParameterizedTest(name = "waits in memory: {0}")
  @ValueSource(strings = {"30s", "0s"})
  void whatGivesNoAnswerDoesNotHideTheLastOne(String inMemory) throws Exception {
    first.answerNext(Answer.status(503), Answer.status(429)).answer(Answer.closeSilently());
    second.answer(Answer.status(400));

    JsonNode letter =
        deadLetter(Map.of("webhooks.retry.in-memory", inMemory, "webhooks.retry.window", "3s"));

    assertThat(letter.get("reason").asText()).isEqualTo("expired");
    assertThat(letter.at("/webhooks/0/status").isMissingNode()).isTrue();
    assertThat(letter.get("lastStatus").asInt()).isEqualTo(429);
  }

  @Test
  void withoutAnyAnswerThereIsNoStatus() throws Exception {
    first.answer(Answer.closeSilently());
    second.answer(Answer.closeSilently());

    JsonNode letter = deadLetter(Map.of("webhooks.retry.window", "1s"));

    assertThat(letter.get("reason").asText()).isEqualTo("expired");
    assertThat(letter.has("lastStatus")).isFalse();
  }

  /** Progress that an older version stored has no last status, so that of a webhook is used. */
  @Test
  void whatAnOlderVersionHasParkedHasTheStatusOfTheLastWebhookThatHasOne() {
    Progress progress =
        Progress.read(
            "{\"webhooks\":[{\"key\":\"a\",\"state\":\"failed\",\"status\":400},"
                + "{\"key\":\"b\",\"state\":\"pending\",\"status\":503},"
                + "{\"key\":\"c\",\"state\":\"pending\",\"error\":\"unknown host\"}]}");

    assertThat(progress.lastStatus).isEqualTo(503);
    assertThat(Progress.read(null).lastStatus).isNull();
  }

  private JsonNode deadLetter(Map<String, String> more) throws Exception {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", first.url() + "," + second.url());
    settings.put("webhooks.retry.initial-delay", "20ms");
    settings.put("webhooks.retry.max-delay", "50ms");
    try (Application application = Application.start(folder, settings)) {
      application
          .context()
          .createFluentProducerTemplate()
          .to("direct:in")
          .withBody("{\"type\":\"page\",\"userId\":\"u\"}")
          .send();
      Path letters = folder.resolve("dead-letters.jsonl");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> Files.exists(letters) && Files.readString(letters).endsWith("\n"));
      return new ObjectMapper().readTree(Files.readString(letters));
    }
  }
}
