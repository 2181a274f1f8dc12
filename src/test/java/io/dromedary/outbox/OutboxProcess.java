package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.ClassPath;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Another process that opens an outbox on SQLite, prints a line, and runs until it is killed. */
final class OutboxProcess implements AutoCloseable {

  private static final String OPEN = "open";

  private final Process process;

  /** Its first line: that the outbox is open, or why it is not. */
  final String said;

  private OutboxProcess(Process process, String said) {
    this.process = process;
    this.said = said;
  }

  static OutboxProcess start(String url) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ClassPath.ofTests(),
                OutboxProcess.class.getName(),
                url)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out = process.inputReader(UTF_8);
    String line = out.readLine();
    while (line != null && !line.startsWith("said: ")) {
      line = out.readLine();
    }
    return new OutboxProcess(process, line == null ? "nothing" : line.substring(6));
  }

  boolean isOpen() {
    return said.equals(OPEN);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The main method of the other process. */
  @SuppressWarnings("try") // The outbox is opened and not used.
  public static void main(String[] arguments) throws Exception {
    OutboxSettings settings =
        new OutboxSettings(
            arguments[0],
            null,
            null,
            Duration.ofMinutes(2),
            Duration.ZERO,
            1000,
            Duration.ofDays(30),
            Duration.ofHours(4));
    try (Outbox outbox = new Outbox(settings, Clock.systemUTC())) {
      System.out.println("said: " + OPEN);
      Thread.sleep(Duration.ofMinutes(5).toMillis());
    } catch (RuntimeException e) {
      System.out.println("said: " + e.getMessage());
    }
  }
}
