package io.dromedary.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.ClassPath;
import io.dromedary.testing.FastStart;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills the process before an alert has been accepted. */
@Timeout(180)
class KilledAlertsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path home;
  private final int port = Application.freePort();
  private final Receiver webhook = Receiver.start();
  private final Receiver operator = Receiver.start();
  private Process process;

  @AfterEach
  void close() throws InterruptedException {
    kill();
    webhook.close();
    operator.close();
  }

  private void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly();
      assertThat(process.waitFor(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Starts the process, with a file of its own for its output. */
  private void start(String output) throws IOException {
    Path out = home.resolve(output);
    List<String> command = FastStart.java();
    command.addAll(List.of("-Xmx256m", "-cp", classPath(), "io.dromedary.Dromedary"));
    process =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    await()
        .atMost(AT_MOST)
        .failFast(() -> assertThat(process.isAlive()).as(Files.readString(out)).isTrue())
        .until(() -> Files.readString(out).contains("Dromedary is ready"));
  }

  /** The class path with absolute paths, since the process has another working directory. */
  private static String classPath() {
    return Stream.of(ClassPath.ofTests().split(File.pathSeparator))
        .map(path -> Path.of(path).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private List<String> told() {
    ObjectMapper json = new ObjectMapper();
    return operator.requests().stream()
        .map(
            request -> {
              try {
                return json.readTree(request.body()).path("id").asText();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .toList();
  }

  @Test
  void isToldByTheNextStart() throws Exception {
    Files.writeString(
        home.resolve("application.properties"),
        """
        webhooks.urls = %s
        webhooks.alert = %s
        webhooks.alert.after = 1s
        webhooks.allow-private = 127.0.0.0/8
        webhooks.down.attempts = 2
        webhooks.down.after = 0s
        webhooks.down.events = 1
        webhooks.down.probe-interval = 100ms
        webhooks.retry.initial-delay = 50ms
        camel.server.port = %d
        """
            .formatted(webhook.url(), operator.url(), port),
        UTF_8);
    webhook.answer(Answer.status(503));
    operator.answer(Answer.status(500));
    start("first.txt");
    assertThat(
            Http.post(
                    "http://127.0.0.1:" + port + "/v1/track",
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-1\"}")
                .status())
        .isEqualTo(200);
    operator.awaitCount(1, AT_MOST);
    kill();
    int before = operator.count();
    operator.answer(Answer.status(200));
    start("second.txt");
    operator.awaitCount(before + 1, AT_MOST);

    // It is the same alert, not a second one about the same outage.
    webhook.answer(Answer.status(200));
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(told().stream().distinct()).hasSize(2));
    assertThat(told().get(before)).isEqualTo(told().get(0));
    assertThat(operator.requests().get(operator.count() - 1).text())
        .contains("\"type\":\"dromedary.webhook.recovered\"");
  }
}
