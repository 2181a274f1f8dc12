package io.dromedary.crash;

import static org.awaitility.Awaitility.await;

import io.dromedary.crash.Trouble.Scene;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the packaged application on SQLite for a while at half the rate that it can do, while
 * webhooks go down, get slow and refuse, the disk gets full and processes are killed. In the end
 * nothing may be lost, and it may not take more of its machine than after the first minutes.
 */
public final class Soak {

  private static final Duration CALIBRATION = Duration.ofSeconds(10);
  private static final Duration BOUND = Duration.ofMinutes(3);

  /** Ids of longer ago are forgotten, or memory and files would grow all the time. */
  private static final String DEDUP_WINDOW = "30s";

  private static final List<Trouble> TROUBLES = List.of(Trouble.values());

  private final Duration lasts;
  private final Random random;
  private final Map<Trouble, Integer> befallen = new EnumMap<>(Trouble.class);
  private boolean canFill;

  private Soak(Duration lasts, long seed) {
    this.lasts = lasts;
    this.random = new Random(seed);
  }

  /** The arguments, if any, are the minutes and the seed. */
  public static void main(String[] args) throws Exception {
    Duration lasts = Duration.ofMinutes(args.length > 0 ? Long.parseLong(args[0]) : 30);
    long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
    System.out.printf("%d minutes, seed %d%n", lasts.toMinutes(), seed);
    List<String> problems = new Soak(lasts, seed).run();
    if (!problems.isEmpty()) {
      throw new AssertionError(String.join("\n", problems));
    }
  }

  private List<String> run() throws IOException, InterruptedException {
    Path folder = Path.of("target", "soak").toAbsolutePath();
    CrashHarness.delete(folder);
    Path disk = Files.createDirectories(folder.resolve("disk"));
    canFill = shell("mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", disk.toString());
    if (!canFill) {
      System.out.println("The disk is never full: a file system of its own cannot be mounted.");
    }
    Ledger ledger = new Ledger();
    try (SoakWebhook webhook = new SoakWebhook();
        Node node = new Node(folder, settings(webhook, disk), ledger)) {
      node.awaitReady();
      try (SoakClients clients = new SoakClients(new HttpSender(List.of(node)))) {
        return run(new Scene(node, webhook, disk), clients);
      }
    } finally {
      if (canFill) {
        shell("umount", "-l", disk.toString());
      }
    }
  }

  private static Map<String, String> settings(SoakWebhook webhook, Path disk) {
    return Map.of(
        "webhooks.urls",
        webhook.url(),
        "webhooks.outbox.url",
        "jdbc:sqlite:" + disk.resolve("outbox.db"),
        "webhooks.dedup.window",
        DEDUP_WINDOW,
        "webhooks.timeout",
        "2s",
        "webhooks.retry.max-delay",
        "5s");
  }

  private static boolean shell(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).start().waitFor() == 0;
  }

  private List<String> run(Scene scene, SoakClients clients)
      throws IOException, InterruptedException {
    clients.start();
    pause(CALIBRATION);
    int before = scene.webhook().count();
    pause(CALIBRATION);
    int rate = (int) ((scene.webhook().count() - before) / CALIBRATION.toSeconds() / 2);
    clients.rate(Math.max(1, rate));
    System.out.printf("%,d events a second%n", rate);

    long startNanos = System.nanoTime();
    befall(scene, startNanos, lasts.dividedBy(6), true);
    Vitals early = vitals(scene, clients);
    System.out.printf("after %d s: %s%n", seconds(startNanos), early);
    befall(scene, startNanos, lasts.multipliedBy(2).dividedBy(3), true);
    // What a process takes too much of is only seen when it lives.
    befall(scene, startNanos, lasts, false);
    Vitals late = vitals(scene, clients);
    System.out.printf("after %d s: %s%n", seconds(startNanos), late);

    clients.finish();
    BitSet taken = clients.taken();
    await().atMost(BOUND).until(() -> scene.webhook().missing(taken).isEmpty() || isQuiet(scene));
    BitSet missing = scene.webhook().missing(taken);
    scene.node().stop();
    System.out.printf(
        "%s%n%,d events taken, %,d attempts to send refused, %,d delivered again, %,d missing%n",
        befallen,
        taken.cardinality(),
        clients.refusals(),
        scene.webhook().again(),
        missing.cardinality());
    List<String> problems = new ArrayList<>(late.growthSince(early));
    if (!missing.isEmpty()) {
      Remains remains = Remains.of(scene.node().folder(), settings(scene.webhook(), scene.disk()));
      problems.add(
          "%d events were not delivered: %d dead letters, %d in the outbox"
              .formatted(missing.cardinality(), remains.dead().size(), remains.waiting().size()));
    }
    return problems;
  }

  private static boolean isQuiet(Scene scene) {
    int before = scene.webhook().count();
    pause(Duration.ofSeconds(20));
    return scene.webhook().count() == before;
  }

  /** One trouble after the other, until that long after the start. */
  private void befall(Scene scene, long startNanos, Duration until, boolean kills)
      throws IOException, InterruptedException {
    while (System.nanoTime() - startNanos < until.toNanos()) {
      Trouble trouble = TROUBLES.get(random.nextInt(TROUBLES.size()));
      if ((trouble == Trouble.FULL && !canFill) || (trouble == Trouble.KILL && !kills)) {
        continue;
      }
      befallen.merge(trouble, 1, Integer::sum);
      System.out.printf("after %d s: %s%n", seconds(startNanos), trouble);
      trouble.begin(scene);
      pause(trouble.lasts(random));
      trouble.end(scene);
      pause(Duration.ofSeconds(random.nextInt(10)));
    }
  }

  /** In a calm, when nothing is left of the last trouble. */
  private static Vitals vitals(Scene scene, SoakClients clients)
      throws IOException, InterruptedException {
    await().atMost(BOUND).until(() -> clients.count() - scene.webhook().count() < 2_000);
    pause(Duration.ofSeconds(10));
    return Vitals.of(scene.node().pid(), scene.disk());
  }

  private static long seconds(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos).toSeconds();
  }

  private static void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
