package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.app.StartFailure;
import io.dromedary.testing.ClassPath;
import io.dromedary.testing.FastStart;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host need not have OpenTelemetry, unless it wants to be traced. */
@Timeout(120)
class NoOpenTelemetryTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;

  /** Starts an application in a process of its own, and lets it deliver an event. */
  private String run(boolean hasLibrary, String tracing) throws Exception {
    String classPath =
        Arrays.stream(ClassPath.ofTests().split(File.pathSeparator, -1))
            .filter(path -> hasLibrary || !new File(path).getName().startsWith("opentelemetry"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = FastStart.java();
    command.addAll(
        List.of(
            "-Xmx256m",
            "-Xlog:class+load:file=" + folder.resolve("classes.log"),
            "-cp",
            classPath,
            Run.class.getName(),
            folder.toString(),
            tracing));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out.log").toFile())
            .start();
    try {
      assertThat(process.waitFor(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(folder.resolve("result")).exists();
    return Files.readString(folder.resolve("result"));
  }

  @Test
  void tracingIsRefusedWithoutIt() throws Exception {
    assertThat(run(false, "true"))
        .isEqualTo(
            "Dromedary cannot start: 1 setting is wrong.\n"
                + "  webhooks.tracing: found \"true\", expected"
                + " io.opentelemetry:opentelemetry-api on the class path beside it, or false.");
  }

  @Test
  void eventsAreDeliveredWithoutIt() throws Exception {
    assertThat(run(false, "false")).isEqualTo("delivered");
  }

  @Test
  void noneOfItIsLoadedWhereNothingIsTraced() throws Exception {
    assertThat(run(true, "false")).isEqualTo("delivered");

    assertThat(Files.readString(folder.resolve("classes.log")))
        .contains(" io.dromedary.tracing.Tracing ")
        .doesNotContain(" io.opentelemetry.");
  }

  /** The process. */
  static final class Run {

    private Run() {}

    /** Writes whether an event was delivered, or why the application did not start. */
    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      Files.writeString(folder.resolve("result"), result(folder, args[1]));
      System.exit(0);
    }

    private static String result(Path folder, String tracing) {
      try (Receiver receiver = Receiver.start();
          Application application =
              Application.start(
                  folder, Map.of("webhooks.urls", receiver.url(), "webhooks.tracing", tracing))) {
        Http.post(application.url("/v1/track"), "{\"userId\":\"u\",\"event\":\"E\"}");
        receiver.awaitCount(1, AT_MOST);
        return "delivered";
      } catch (Exception e) {
        return StartFailure.describe(e);
      }
    }
  }
}
