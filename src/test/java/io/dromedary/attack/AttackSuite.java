package io.dromedary.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.ClassPath;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Attacks the application in a process of its own with a heap of 256 MB, one attack after the
 * other, with and without a key, while a healthy sender of another address sends an event every 50
 * ms. The process has to live and to log no error, the health to be told within ten seconds after
 * each attack, each event that was answered 200 to be delivered. Prints what the healthy sender
 * got. The first argument, if any, is how many seconds each attack lasts, the others are the
 * attacks to run.
 */
public final class AttackSuite implements AutoCloseable {

  private static final Duration AT_MOST = Duration.ofMinutes(1);
  private static final Duration RECOVERY = Duration.ofSeconds(10);
  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final String[] KEY = {"Authorization", "Basic a2V5Og=="};
  private static final long BETWEEN_MILLIS = 50;

  private final Path folder;
  private final int port = Application.freePort();
  private final Receiver receiver = Receiver.start().countOnly();
  private final Process process;
  private final Set<String> accepted = ConcurrentHashMap.newKeySet();
  private int sent;

  AttackSuite(Path folder) throws IOException {
    this.folder = folder;
    Files.writeString(
        folder.resolve("application.properties"),
        """
        camel.server.port = %d
        webhooks.urls = %s
        webhooks.write-key.secret = key
        webhooks.allow-private = 127.0.0.0/8
        """
            .formatted(port, receiver.url()));
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                ClassPath.ofTests(),
                "io.dromedary.Dromedary")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    await().atMost(AT_MOST).until(() -> !process.isAlive() || log().contains("Dromedary is ready"));
  }

  /**
   * Sends events and batches, so that attacks find a process that has been compiled as one that has
   * served for a while.
   */
  void warmUp(Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      String id = "warm-" + sent++;
      assertThat(post(id)).isTrue();
      accepted.add(id);
      try (Socket socket = Sockets.open(port, "127.0.0.2")) {
        Attack.OVERLOAD.once(socket, true);
      }
    }
    awaitDelivered();
  }

  /** What the healthy sender got during an attack; times in milliseconds. */
  record Report(Attack attack, boolean hasKey, int accepted, int others, long p50, long p99) {

    @Override
    public String toString() {
      return "| %s%s | %d of %d | %d / %d |"
          .formatted(attack, hasKey ? ", with a key" : "", accepted, accepted + others, p50, p99);
    }
  }

  /** Attacks for so long, and on until the healthy sender has got something, if it does. */
  Report attack(Attack attack, boolean hasKey, Duration time) throws Exception {
    List<Socket> sockets = new CopyOnWriteArrayList<>();
    ExecutorService attackers = Executors.newCachedThreadPool();
    long end = System.nanoTime() + time.toNanos();
    try {
      for (int i = 0; i < attack.connections; i++) {
        int number = i;
        attackers.execute(() -> repeat(attack, hasKey, number, attackers, sockets));
      }
      return send(attack, hasKey, end);
    } finally {
      attackers.shutdownNow();
      for (Socket socket : sockets) {
        socket.close();
      }
      attackers.awaitTermination(30, TimeUnit.SECONDS);
    }
  }

  private void repeat(
      Attack attack, boolean hasKey, int number, ExecutorService attackers, List<Socket> sockets) {
    while (!attackers.isShutdown()) {
      // Of addresses that the healthy sender does not have.
      try (Socket socket = Sockets.open(port, "127.0.0." + (2 + number % 4))) {
        sockets.add(socket);
        attack.once(socket, hasKey);
        sockets.remove(socket);
      } catch (IOException e) {
        // It has been closed, which is the best that can be done.
      }
    }
  }

  private Report send(Attack attack, boolean hasKey, long end) throws InterruptedException {
    List<Long> millis = new ArrayList<>();
    int others = 0;
    long latest = end + AT_MOST.toNanos();
    do {
      String id = "healthy-" + sent++;
      long begun = System.nanoTime();
      if (post(id)) {
        accepted.add(id);
      } else {
        others++;
      }
      millis.add((System.nanoTime() - begun) / 1_000_000);
      Thread.sleep(BETWEEN_MILLIS);
    } while (System.nanoTime() < end || (others == millis.size() && System.nanoTime() < latest));
    long[] sorted = millis.stream().mapToLong(Long::longValue).sorted().toArray();
    return new Report(
        attack,
        hasKey,
        sorted.length - others,
        others,
        sorted[sorted.length / 2],
        sorted[sorted.length * 99 / 100]);
  }

  private boolean post(String id) {
    String event = "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}";
    try {
      return Http.post("http://127.0.0.1:" + port + "/v1/track", event, KEY).status() == 200;
    } catch (AssertionError e) {
      // No answer.
      return false;
    }
  }

  /** The process lives, tells its health, and has delivered what it has taken. */
  void check() {
    assertThat(process.isAlive()).as(log()).isTrue();
    await().atMost(RECOVERY).until(() -> isHealthy() && post("after-" + sent++));
    awaitDelivered();
    assertThat(process.isAlive()).as(log()).isTrue();
    assertThat(log()).doesNotContain(" ERROR ");
  }

  /** Waits until each accepted event is delivered, as long as others still are. */
  private void awaitDelivered() {
    while (!receiver.hasReceived(accepted)) {
      int before = receiver.count();
      await().atMost(RECOVERY).until(() -> receiver.count() > before);
    }
  }

  private boolean isHealthy() {
    try {
      String url = "http://127.0.0.1:" + port + "/observe/health";
      return Http.send("GET", url).status() == 200;
    } catch (AssertionError e) {
      return false;
    }
  }

  String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    receiver.close();
  }

  public static void main(String[] args) throws Exception {
    Duration time = Duration.ofSeconds(args.length > 0 ? Integer.parseInt(args[0]) : 20);
    List<Attack> attacks =
        args.length > 1
            ? Stream.of(args).skip(1).map(Attack::valueOf).toList()
            : List.of(Attack.values());
    Path folder = Files.createTempDirectory("attack");
    try (AttackSuite suite = new AttackSuite(folder)) {
      suite.warmUp(WARM_UP);
      System.out.println("| attack | accepted of a healthy sender | p50 / p99 ms |");
      System.out.println("|---|---|---|");
      for (Attack attack : attacks) {
        for (boolean hasKey : new boolean[] {false, true}) {
          System.out.println(suite.attack(attack, hasKey, time));
          suite.check();
        }
      }
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        Path[] all = files.toArray(Path[]::new);
        for (int i = all.length; i-- > 0; ) {
          Files.delete(all[i]);
        }
      }
    }
  }
}
