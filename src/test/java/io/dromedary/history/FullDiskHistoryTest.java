package io.dromedary.history;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the history gives up its space when other programs fill the disk, and recovers. */
@Timeout(180)
@EnabledIf("canMount")
class FullDiskHistoryTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;
  private Path disk;

  static boolean canMount() throws Exception {
    Path place = Files.createTempDirectory("mount");
    boolean can = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place.toString()) == 0;
    if (can) {
      run("umount", "-l", place.toString());
    }
    Files.delete(place);
    return can;
  }

  private static int run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    assertThat(run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk.toString())).isZero();
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", "-l", disk.toString());
  }

  private static void fill(Path filler) {
    try (OutputStream out = Files.newOutputStream(filler)) {
      byte[] piece = new byte[4096];
      while (true) {
        out.write(piece);
      }
    } catch (IOException e) {
      // The disk is full.
    }
  }

  private static int send(Application application, String id) {
    return Http.post(
            application.url("/v1/track"),
            json("{'userId':'u','event':'e','messageId':'" + id + "'}"))
        .status();
  }

  @Test
  void aFullDiskCostsTheHistoryAndComesBackWithIt() throws Exception {
    Path filler = disk.resolve("filler");
    try (Receiver receiver = Receiver.start();
        Application application =
            Application.start(disk, Map.of("webhooks.urls", receiver.url()))) {
      History history = History.of(application.context());
      assertThat(history).isNotNull();
      assertThat(send(application, "before")).isEqualTo(200);
      await().atMost(AT_MOST).until(() -> history.ofEvent("before").size() == 1);

      fill(filler);
      int[] sent = {0};
      // Each request is answered, whatever happens to the history.
      await()
          .atMost(AT_MOST)
          .until(
              () -> {
                assertThat(send(application, "full-" + sent[0]++)).isIn(200, 503);
                return sent[0] >= 50;
              });

      Files.delete(filler);
      await().atMost(AT_MOST).until(() -> send(application, "after") == 200);
      await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("after"));
      // The history is written again, or a new one is.
      int[] more = {0};
      await()
          .atMost(AT_MOST)
          .ignoreException(HistoryException.class)
          .until(
              () -> {
                String id = "again-" + more[0]++;
                return send(application, id) == 200 && history.ofEvent(id).size() == 1;
              });
    }
  }
}
