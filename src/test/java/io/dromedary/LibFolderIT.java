package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.FastStart;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Adds a component that is not in the package to ./lib, as docs/inbounds.md describes. */
@Timeout(180)
class LibFolderIT {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir private static Path components;

  @TempDir private Path home;
  private final Receiver receiver = Receiver.start();
  private Process process;

  @BeforeAll
  static void copyAComponentAndWhatItNeeds() throws Exception {
    Process maven =
        run(
            components,
            List.of(
                "mvn",
                "-B",
                "-q",
                "-f",
                Path.of("lib.xml").toAbsolutePath().toString(),
                "-DartifactId=camel-quartz"));
    assertThat(maven.waitFor(120, SECONDS)).isTrue();
    assertThat(maven.exitValue()).as(said(components)).isZero();
  }

  @AfterEach
  void stop() {
    if (process != null) {
      process.destroyForcibly();
    }
    receiver.close();
  }

  private static Process run(Path folder, List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile());
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL)_.*"));
    return builder.start();
  }

  private static String said(Path folder) throws IOException {
    return Files.readString(folder.resolve("said"));
  }

  private void start() throws IOException {
    Files.writeString(
        home.resolve("application.properties"),
        """
        camel.server.port = %d
        webhooks.urls = %s
        webhooks.allow-private = 127.0.0.0/8
        webhooks.inbound = quartz:nightly?trigger.repeatInterval=100&trigger.repeatCount=2
        """
            .formatted(Application.freePort(), receiver.url("/hook")),
        UTF_8);
    List<String> command = FastStart.javaOfJar();
    command.addAll(List.of("-jar", FastStart.JAR.toString()));
    process = run(home, command);
  }

  private void copy(String glob) throws IOException {
    Path lib = Files.createDirectory(home.resolve("lib"));
    try (Stream<Path> files = Files.list(components.resolve("lib"))) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches(glob)) {
          Files.copy(file, lib.resolve(file.getFileName()));
        }
      }
    }
  }

  @Test
  void aComponentWithDependenciesIsAnInbound() throws Exception {
    copy(".*");

    start();

    await()
        .atMost(AT_MOST)
        .failFast(() -> assertThat(process.isAlive()).as(said(home)).isTrue())
        .until(() -> receiver.requests().size() == 3);
    assertThat(receiver.requests())
        .allMatch(request -> request.text().contains("\"anonymousId\":\"quartz:nightly\""));
    process.destroy();
    assertThat(process.waitFor(60, SECONDS)).as(said(home)).isTrue();
    assertThat(said(home)).contains("inbound       quartz:nightly").doesNotContain("WARN");
  }

  @Test
  void withoutItThereIsAWordWhichArtifactToAdd() throws Exception {
    start();

    assertThat(process.waitFor(60, SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said(home))
        .contains(
            "webhooks.inbound: found \"quartz:nightly\", expected a Camel endpoint URI whose"
                + " component is on the class path (that of \"quartz:\", if there is one, is in"
                + " org.apache.camel:camel-quartz).");
  }

  @Test
  void whatItLacksIsNamed() throws Exception {
    copy("camel-quartz-.*");

    start();

    assertThat(process.waitFor(60, SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said(home))
        .containsPattern(
            "webhooks.inbound: found \"quartz:nightly\", expected a Camel endpoint URI whose component"
                + " is on the class path with all that it needs \\(org\\.quartz\\.\\w+ is missing; add"
                + " what org\\.apache\\.camel:camel-quartz depends on\\)\\.");
  }
}
