package io.dromedary.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.dromedary.Application;
import io.dromedary.testing.FastStart;
import io.dromedary.testing.Request;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * The packaged application as a process in a folder of its own, which is started again in that
 * folder after each of its ends. Only {@link #url} may be called by several threads.
 */
final class Node implements AutoCloseable {

  /** What somebody adds to the application, here the client of a broker. */
  private static final Path LIBRARIES = Path.of("target", "clients", "*").toAbsolutePath();

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Tells a webhook which process has sent a request. */
  private static final String USER_AGENT = "life-";

  private final Path folder;
  private final Map<String, String> settings;
  private final Ledger ledger;
  private int life;
  private Process process;
  private CompletableFuture<Boolean> ready;
  private volatile String url;

  /** Starts it for the first time. */
  Node(Path folder, Map<String, String> settings, Ledger ledger) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.settings = settings;
    this.ledger = ledger;
    start();
  }

  /** Where it runs, and what it keeps. */
  Path folder() {
    return folder;
  }

  /** The life that has sent a request. */
  static int life(Request request) {
    return Integer.parseInt(String.valueOf(request.header("User-Agent")).replace(USER_AGENT, ""));
  }

  /** The process that runs, by number. */
  int life() {
    return life;
  }

  /** The process that runs, by the system's number. */
  long pid() {
    return process.pid();
  }

  /** Where it listens, or will. */
  String url() {
    return url;
  }

  void start() throws IOException {
    life = ledger.newLife();
    // A new one each time: while it is dead, its old port may become anybody's client port.
    int port = Application.freePort();
    url = "http://127.0.0.1:" + port;
    Map<String, String> all = new TreeMap<>(settings);
    all.put("camel.server.port", Integer.toString(port));
    all.put("webhooks.allow-private", "127.0.0.0/8");
    all.put("webhooks.user-agent", USER_AGENT + life);
    Files.write(
        folder.resolve("application.properties"),
        all.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toList());
    List<String> command = FastStart.javaOfJar();
    command.addAll(
        List.of(
            "-Xmx256m",
            "-cp",
            FastStart.JAR + File.pathSeparator + LIBRARIES,
            "io.dromedary.Dromedary"));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    // Nothing of whoever runs the tests.
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    process = builder.start();
    ready = new CompletableFuture<>();
    Process started = process;
    CompletableFuture<Boolean> isReady = ready;
    Thread reader = new Thread(() -> log(started, isReady), "log-of-life-" + life);
    reader.setDaemon(true);
    reader.start();
  }

  /** Keeps what a process prints until it ends, and looks for the line that says it is ready. */
  private void log(Process process, CompletableFuture<Boolean> ready) {
    try (BufferedReader out = process.inputReader(UTF_8);
        Writer log =
            Files.newBufferedWriter(log(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        log.write(line + "\n");
        log.flush();
        if (line.contains("Dromedary is ready")) {
          ready.complete(true);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      ready.complete(false);
    }
  }

  private Path log() {
    return folder.resolve("log");
  }

  /** Waits until senders can reach it. */
  void awaitReady() throws IOException, InterruptedException {
    try {
      if (!ready.get(PATIENCE.toSeconds(), SECONDS)) {
        throw new IllegalStateException(unexpected("ended before it was ready"));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(unexpected("was not ready in " + PATIENCE), e);
    }
  }

  /** Ends it without any notice, as a crash does, and waits until it is gone. */
  void kill() throws IOException, InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException(unexpected("ended by itself"));
    }
    // Through its handle, since the process would close its output before all of it is read.
    process.toHandle().destroyForcibly();
    process.waitFor();
    ledger.killed(life);
  }

  /** Asks it to end, as an operator does. */
  void stop() throws IOException, InterruptedException {
    process.toHandle().destroy();
    if (!process.waitFor(PATIENCE.toSeconds(), SECONDS)
        || !List.of(0, 143).contains(process.exitValue())) {
      throw new IllegalStateException(unexpected("did not stop in good order"));
    }
  }

  private String unexpected(String what) throws IOException {
    List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
    return String.join(
        "\n",
        List.of(
            "life " + life + " " + what + ":",
            String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()))));
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }
}
