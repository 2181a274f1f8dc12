package io.dromedary.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.Application;
import io.dromedary.testing.ClassPath;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The application in a separate process, which runs until it is killed. */
final class HistoryProcess implements AutoCloseable {

  private static final String PORT = "port: ";

  private final Process process;
  private final String url;

  private HistoryProcess(Process process, String port) {
    this.process = process;
    this.url = "http://127.0.0.1:" + port;
  }

  static HistoryProcess start(Path folder, String webhook) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ClassPath.ofTests(),
                HistoryProcess.class.getName(),
                folder.toString(),
                webhook)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out = process.inputReader(UTF_8);
    String line = out.readLine();
    while (line != null && !line.startsWith(PORT)) {
      line = out.readLine();
    }
    if (line == null) {
      throw new IllegalStateException("the process did not start");
    }
    // Its log has to be read, or it would block.
    Thread reader = new Thread(() -> out.lines().forEach(each -> {}));
    reader.setDaemon(true);
    reader.start();
    return new HistoryProcess(process, line.substring(PORT.length()));
  }

  String url(String path) {
    return url + path;
  }

  /** Kills the process as kill -9 does. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }

  /** The main method of the other process. */
  @SuppressWarnings("try") // The application is started and not used.
  public static void main(String[] arguments) throws Exception {
    try (Application application =
        Application.start(
            Path.of(arguments[0]),
            Map.of("webhooks.urls", arguments[1], "webhooks.history.successes", "all"))) {
      System.out.println(PORT + application.port());
      // It ends with the process that has started it, if it is not killed before.
      int unused = System.in.read();
    }
  }
}
