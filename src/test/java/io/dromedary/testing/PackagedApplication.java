package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The package as a user runs it: a process of its own, in a folder and on a port of its own. */
public final class PackagedApplication implements AutoCloseable {

  private static final Duration AT_MOST = Duration.ofMinutes(1);

  private final Process process;
  private final Path out;
  private final int port;

  private PackagedApplication(Process process, Path out, int port) {
    this.process = process;
    this.out = out;
    this.port = port;
  }

  /**
   * Starts it, and waits until it is ready.
   *
   * @param home where it runs
   * @param settings by their environment variables
   */
  public static PackagedApplication start(Path home, Map<String, String> settings) {
    int port = Application.freePort();
    Path out = home.resolve("out.txt");
    List<String> command = FastStart.javaOfJar();
    command.addAll(List.of("-Xmx256m", "-jar", FastStart.JAR.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    // Nothing of whoever runs the tests.
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    builder.environment().put("CAMEL_SERVER_PORT", Integer.toString(port));
    builder.environment().putAll(settings);
    try {
      PackagedApplication started = new PackagedApplication(builder.start(), out, port);
      started.awaitReady();
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    try {
      await()
          .atMost(AT_MOST)
          .failFast(() -> assertThat(process.isAlive()).as(log()).isTrue())
          .until(() -> log().contains("Dromedary is ready"));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** What it has printed. */
  public String log() {
    try {
      return Files.readString(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A URL of its server. */
  public String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      assertThat(process.waitFor(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
