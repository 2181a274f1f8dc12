package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.PackagedApplication;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The format of the packaged application's log, from the first line on. */
@Timeout(180)
class LogFormatIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path home;
  private final Receiver receiver = Receiver.start();

  @AfterEach
  void close() {
    receiver.close();
  }

  private static JsonNode read(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  private static void send(PackagedApplication application) {
    assertThat(
            Http.post(
                    application.url("/v1/track"),
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-1\"}")
                .status())
        .isEqualTo(200);
  }

  private PackagedApplication start() throws IOException {
    receiver.answer(Answer.status(410));
    return PackagedApplication.start(
        home, Map.of("WEBHOOKS_URLS", receiver.url(), "WEBHOOKS_ALLOW_PRIVATE", "127.0.0.0/8"));
  }

  @Test
  void eachLineIsAnObjectIfTheFileSaysSo() throws Exception {
    Files.writeString(home.resolve("application.properties"), "webhooks.log = json\n");
    try (PackagedApplication application = start()) {
      send(application);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(application.log().lines().map(LogFormatIT::read))
                      .anySatisfy(
                          line -> {
                            assertThat(line.path("log.level").asText()).isEqualTo("ERROR");
                            assertThat(line.path("event.action").asText()).isEqualTo("dead-letter");
                            assertThat(line.path("dromedary.messageId").asText()).isEqualTo("m-1");
                            assertThat(line.path("dromedary.status").asInt()).isEqualTo(410);
                          }));
      List<JsonNode> lines = application.log().lines().map(LogFormatIT::read).toList();
      assertThat(lines).allSatisfy(line -> assertThat(line.has("@timestamp")).isTrue());
    }
  }

  @Test
  void linesAreTextOtherwiseWithTheirKeyValues() throws Exception {
    try (PackagedApplication application = start()) {
      send(application);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(application.log())
                      .containsPattern(
                          "ERROR i.d.d[a-z]*.DeadLetterLog - Destination default: event m-1 is a"
                              + " dead letter after 1 attempts: .* event=\"dead-letter\""
                              + " destination=\"default\" reason=\"rejected\" status=\"410\""
                              + " messageId=\"m-1\" attempt=\"1\"\n"));
      assertThat(application.log().lines().filter(line -> line.contains("Dromedary is ready")))
          .singleElement()
          .asString()
          .endsWith("Dromedary is ready");
    }
  }
}
