package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The packaged process on a full disk. */
class FaultIT {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  /** The limit for the length of the process's files, in KiB. */
  private static final int ROOM = 4096;

  @TempDir Path folder;

  /** The limit applies to every user, root included, and can be lifted while the process runs. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDisk() throws Exception {
    int port = Application.freePort();
    String url = "http://127.0.0.1:" + port;
    Path log = folder.resolve("log");
    try (Receiver receiver = Receiver.start().answer(Answer.status(500))) {
      Files.writeString(
          folder.resolve("application.properties"),
          """
          camel.server.port = %d
          webhooks.urls = %s
          webhooks.allow-private = 127.0.0.0/8
          webhooks.retry.max-delay = 1s
          """
              .formatted(port, receiver.url()));
      ProcessBuilder builder =
          new ProcessBuilder(
                  "bash",
                  "-c",
                  "ulimit -S -f " + ROOM + " && exec \"$0\" -Xmx256m -XX:-UsePerfData -jar \"$1\"",
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  Path.of("target", "dromedary.jar").toAbsolutePath().toString())
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
      Process process = builder.start();
      try {
        await()
            .atMost(AT_MOST)
            .until(() -> Files.readString(log, UTF_8).contains("Dromedary is ready"));
        Sender sender = new Sender(url, 20_000);

        // At first a new connection truncates the log, and there is room again. Later there is not.
        AtomicInteger refusedInTurn = new AtomicInteger();
        await()
            .atMost(AT_MOST)
            .pollInterval(Duration.ofMillis(20))
            .until(
                () ->
                    (sender.send() ? reset(refusedInTurn) : refusedInTurn.incrementAndGet())
                        >= 150);
        sender.awaitDown("SQLITE_");
        assertThat(process.isAlive()).isTrue();

        lift(process);
        sender.awaitUp();
        sender.sendUntilAccepted();
        receiver.answer(Answer.status(200));
        sender.awaitDelivery(receiver);
        assertThat(Http.send("GET", url + "/observe/health").status()).isEqualTo(200);
        // The log says what is wrong once, not once for each event.
        assertThat(Files.readString(log, UTF_8))
            .contains("The outbox does not work: ")
            .doesNotContain("\tat ");
      } finally {
        process.toHandle().destroyForcibly();
        process.waitFor();
      }
    }
  }

  private static int reset(AtomicInteger count) {
    count.set(0);
    return 0;
  }

  private static void lift(Process process) throws Exception {
    assertThat(
            new ProcessBuilder(
                    "prlimit", "--pid", Long.toString(process.pid()), "--fsize=unlimited:unlimited")
                .inheritIO()
                .start()
                .waitFor())
        .isZero();
  }
}
