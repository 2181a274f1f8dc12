package io.dromedary.bench;

import io.dromedary.Application;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lets a backlog grow in the packaged application, with a heap of 256 MB and a webhook that refuses
 * connections, and then lets it drain. Prints how fast events are accepted, a part at a time, what
 * memory the process takes, how fast they are delivered and how many twice; and after that, how
 * fast events go through without a backlog. The argument, if any, is the number of events, of which
 * the first 50,000 are to warm up. Fails if an event is missing, or if the last part was accepted
 * at less than 80% of the first's rate.
 */
public final class Backlog {

  private static final Events EVENTS = Events.small();

  private static final int BATCH_EVENTS = 100;
  private static final int CONNECTIONS = 8;
  private static final int PART = 100_000;
  private static final int WARM_UP = 50_000;
  private static final int ROUNDS = 5;
  private static final double LEAST = 0.8;
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger sentAgain = new AtomicInteger();

  private Backlog() {}

  public static void main(String[] args) throws Exception {
    int events = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    Path folder = Files.createTempDirectory("backlog");
    try {
      new Backlog().run(events, folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void run(int events, Path folder) throws Exception {
    int port = Application.freePort();
    int webhook = Application.freePort();
    Files.writeString(
        folder.resolve("application.properties"),
        """
        camel.server.port = %d
        webhooks.urls = http://127.0.0.1:%d/hook
        webhooks.allow-private = 127.0.0.0/8
        webhooks.retry.max-delay = 5s
        """
            .formatted(port, webhook));
    Process process = start(folder);
    try {
      URI batches = URI.create("http://127.0.0.1:" + port + "/v1/batch");
      await(process, () -> Files.readString(log(folder)).contains("Dromedary is ready"));
      // A JVM that has just started would make the first part slow, and the bound worth nothing.
      accept(batches, 0, WARM_UP);
      List<Double> rates = new ArrayList<>();
      for (int first = WARM_UP; first < events; first += PART) {
        int end = Math.min(events, first + PART);
        double seconds = accept(batches, first, end);
        rates.add((end - first) / seconds);
        System.out.printf(
            "accepted %,9d to %,9d: %,7.0f events/s; %s; store %,d MB%n",
            first, end, rates.get(rates.size() - 1), memory(process), size(folder) >> 20);
      }
      try (CountingReceiver receiver = CountingReceiver.start(Duration.ZERO, webhook)) {
        drain(process, receiver, events);
        CountingReceiver.Counts counts = receiver.counts();
        System.out.printf(
            "delivered all %,d, %,d too many; %,d batches were answered 503 and sent again; %s%n",
            counts.distinct(),
            counts.events() - counts.distinct(),
            sentAgain.get(),
            memory(process));
        for (int round = 0; round < ROUNDS; round++) {
          int first = events + round * PART;
          long start = System.nanoTime();
          accept(batches, first, first + PART);
          receiver.await(first + PART);
          System.out.printf(
              "without a backlog: %,7.0f events/s%n", PART / ((System.nanoTime() - start) / 1e9));
        }
      }
      double last = rates.get(rates.size() - 1) / rates.get(0);
      System.out.printf("the last part at %.0f%% of the first's rate%n", 100 * last);
      if (last < LEAST) {
        throw new IllegalStateException("expected at least 80%");
      }
    } finally {
      process.toHandle().destroyForcibly();
      process.waitFor();
    }
  }

  private static Path log(Path folder) {
    return folder.resolve("log");
  }

  private static Process start(Path folder) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-jar",
            Path.of("target", "dromedary.jar").toAbsolutePath().toString())
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log(folder).toFile())
        .start();
  }

  /** A condition that may not be told yet. */
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Process process, Condition condition) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new IllegalStateException("the process has ended, or took too long");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  private double accept(URI uri, int first, int end) {
    AtomicInteger next = new AtomicInteger(first);
    long start = System.nanoTime();
    Child.inParallel(
        CONNECTIONS,
        () -> {
          for (int from; (from = next.getAndAdd(BATCH_EVENTS)) < end; ) {
            post(uri, EVENTS.batch(from, Math.min(end, from + BATCH_EVENTS)));
          }
        });
    return (System.nanoTime() - start) / 1e9;
  }

  private void post(URI uri, byte[] body) {
    HttpRequest request =
        HttpRequest.newBuilder(uri).POST(BodyPublishers.ofByteArray(body)).build();
    int status;
    while ((status = http.sendAsync(request, BodyHandlers.discarding()).join().statusCode())
        == 503) {
      sentAgain.incrementAndGet();
    }
    if (status != 200) {
      throw new IllegalStateException("a batch was answered " + status);
    }
  }

  private static void drain(Process process, CountingReceiver receiver, int events)
      throws IOException {
    await(process, () -> receiver.counts().distinct() > 0);
    long start = System.nanoTime();
    for (int part = PART; part < events + PART; part += PART) {
      int expected = Math.min(events, part);
      long partStart = System.nanoTime();
      int before = receiver.counts().distinct();
      await(process, () -> receiver.counts().distinct() >= expected);
      System.out.printf(
          "delivered %,9d: %,7.0f events/s; %s%n",
          expected, (expected - before) / ((System.nanoTime() - partStart) / 1e9), memory(process));
    }
    System.out.printf("drained at %,.0f events/s%n", events / ((System.nanoTime() - start) / 1e9));
  }

  /** Resident memory and its peak, where the system tells, as Linux does. */
  private static String memory(Process process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.exists(status)) {
      return "memory unknown";
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS") || line.startsWith("VmHWM"))
        .map(line -> line.replaceAll("\\s+", " "))
        .sorted(Comparator.reverseOrder())
        .collect(Collectors.joining(", "));
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
