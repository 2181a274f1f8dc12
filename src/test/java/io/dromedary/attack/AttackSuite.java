package io.dromedary.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.attack.HealthySender.Sent;
import io.dromedary.testing.ClassPath;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final Duration WARM_UP = Duration.ofSeconds(60);

  private final Path folder;
  private final int port = Application.freePort();
  private final Receiver receiver = Receiver.start().countOnly();
  private final Process process;
  private final HealthySender sender;
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
    sender = new HealthySender(port);
  }

  /** Makes attacks find a process that is compiled as one that has been busy for a while. */
  void warmUp() throws Exception {
    attack(Attack.OVERLOAD, true, WARM_UP);
    check();
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
    try {
      for (int i = 0; i < attack.connections; i++) {
        int number = i;
        attackers.execute(() -> repeat(attack, hasKey, number, attackers, sockets));
      }
      return send(attack, hasKey, time);
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

  private Report send(Attack attack, boolean hasKey, Duration time) throws IOException {
    List<Sent> events = sender.send(time);
    List<String> ids = events.stream().filter(Sent::accepted).map(Sent::id).toList();
    accepted.addAll(ids);
    long[] millis = events.stream().mapToLong(Sent::millis).sorted().toArray();
    return new Report(
        attack,
        hasKey,
        ids.size(),
        millis.length - ids.size(),
        millis[millis.length / 2],
        millis[millis.length * 99 / 100]);
  }

  /** The process lives, tells its health, and has delivered what it has taken. */
  void check() {
    assertThat(process.isAlive()).as(log()).isTrue();
    await()
        .atMost(RECOVERY)
        .until(() -> isHealthy() && HealthySender.post(port, "after-" + sent++));
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
    sender.close();
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
      suite.warmUp();
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
