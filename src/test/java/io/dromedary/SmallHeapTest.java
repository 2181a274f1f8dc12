package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.settings.HeapShare;
import io.dromedary.testing.Answer;
import io.dromedary.testing.ClassPath;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a process with a small heap, the data in memory is bounded in bytes. */
@Timeout(240)
class SmallHeapTest {

  private static final Duration AT_MOST = Duration.ofMinutes(3);
  private static final int BATCHES = 310;
  private static final int EVENTS = 10;

  @TempDir Path folder;

  /** The process. Its arguments are the folder and the webhooks. */
  public static final class Child {

    private Child() {}

    public static void main(String[] arguments) throws IOException {
      Path folder = Path.of(arguments[0]);
      Application application =
          Application.start(
              folder,
              Map.of(
                  "webhooks.urls",
                  arguments[1],
                  "webhooks.acks",
                  "all",
                  // Every event that has failed once would wait in memory.
                  "webhooks.retry.initial-delay",
                  "1m",
                  "webhooks.retry.in-memory",
                  "2m"));
      System.gc();
      long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      Path port = folder.resolve("port");
      Files.writeString(folder.resolve("port.new"), application.port() + " " + used);
      Files.move(folder.resolve("port.new"), port);
    }
  }

  @Test
  void longEventsThatWaitForOneOfTwoWebhooksFit() throws Exception {
    Path log = folder.resolve("log");
    try (Receiver good = Receiver.start().countOnly();
        Receiver bad = Receiver.start().countOnly().answer(Answer.status(503))) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-cp",
                  ClassPath.ofTests(),
                  Child.class.getName(),
                  folder.toString(),
                  good.url() + "," + bad.url())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        Path port = folder.resolve("port");
        await().atMost(AT_MOST).until(() -> Files.exists(port) || !process.isAlive());
        String[] told = Files.readString(port).split(" ", 2);
        assertThat(Long.parseLong(told[1])).isLessThan(HeapShare.APPLICATION_BYTES);
        post("http://127.0.0.1:" + told[0] + "/v1/batch");
        await()
            .atMost(AT_MOST)
            .until(() -> good.messageIds().size() == BATCHES * EVENTS || !process.isAlive());
        assertThat(process.isAlive()).isTrue();
        assertThat(good.messageIds()).hasSize(BATCHES * EVENTS);
        assertThat(Files.readString(log)).doesNotContain("OutOfMemoryError");
      } finally {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    }
  }

  private static void post(String url) throws IOException {
    String padding = "x".repeat(30_000);
    for (int batch = 0; batch < BATCHES; batch++) {
      StringBuilder body = new StringBuilder("{\"batch\":[");
      for (int i = 0; i < EVENTS; i++) {
        body.append(i == 0 ? "" : ",")
            .append("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-")
            .append(batch)
            .append('-')
            .append(i)
            .append("\",\"properties\":{\"padding\":\"")
            .append(padding)
            .append("\"}}");
      }
      String text = body.append("]}").toString();
      await()
          .atMost(AT_MOST)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> Http.post(url, text).status() == 200);
    }
  }
}
