package io.dromedary.crash;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The proof that a crash loses nothing. Clients send events to the packaged application, whose
 * webhooks fail at random, while its processes are killed at random instants and started again.
 * When it is over, each event whose sender was answered 200 must have been delivered, or be a dead
 * letter because a webhook has rejected it, and whatever was delivered twice must have been in
 * flight at a kill.
 */
public final class CrashHarness {

  /** Events in flight on a node, and so the most that a kill may repeat. */
  static final int IN_FLIGHT = 100;

  /** A node is killed between these two after it was ready. */
  private static final Duration SHORTEST_LIFE = Duration.ofMillis(200);

  private static final Duration LONGEST_LIFE = Duration.ofSeconds(2);

  /** How many of a hundred starts are killed before they are ready. */
  private static final int KILLED_STARTS = 20;

  /** Longer than a lease, a retry and a time-out: if nothing comes for so long, nothing will. */
  private static final Duration QUIET = Duration.ofSeconds(12);

  /** Longer than a retry and a time-out: without a store there is no lease of a dead node. */
  private static final Duration QUIET_IN_MEMORY = Duration.ofSeconds(4);

  private static final Duration BOUND = Duration.ofMinutes(2);

  private final int kills;
  private final long seed;
  private final Random random;
  private final Ledger ledger = new Ledger();
  private final List<FlakyWebhook> webhooks = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private long startNanos = Duration.ofSeconds(1).toNanos();

  private CrashHarness(int kills, long seed) {
    this.kills = kills;
    this.seed = seed;
    random = new Random(seed);
  }

  /** The arguments, if any, are the number of kills, the store and the seed. */
  public static void main(String[] args) throws Exception {
    int kills = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    String store = args.length > 1 ? args[1] : "sqlite";
    long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
    Report report = run(store, kills, seed);
    if (!report.problems().isEmpty()) {
      throw new AssertionError(String.join("\n", report.problems()));
    }
  }

  /**
   * Runs it, and leaves each node's folder, with its log, behind in {@code target/crash}.
   *
   * @param store as {@link Setup#of} names it
   * @param seed decides when is killed and what the webhooks answer; how threads meet, it does not
   */
  static Report run(String store, int kills, long seed) throws Exception {
    System.out.printf("%d kills on %s, seed %d%n", kills, store, seed);
    try (Setup opened = Setup.of(store)) {
      Path folder = Path.of("target", "crash", store.replaceAll("\\W+", "-"));
      delete(folder);
      Report report = new CrashHarness(kills, seed).run(opened, folder);
      System.out.print(report);
      return report;
    }
  }

  private Report run(Setup setup, Path folder) throws IOException, InterruptedException {
    try {
      for (int number = 0; number < ledger.webhooks(); number++) {
        webhooks.add(
            new FlakyWebhook(number, setup.manners().get(number), ledger, random.nextLong()));
      }
      Map<String, String> settings = settings(setup);
      for (int number = 0; number < setup.nodes(); number++) {
        nodes.add(new Node(folder.resolve("node-" + number), settings, ledger));
      }
      for (Node node : nodes) {
        node.awaitReady();
      }
      Sender sender = setup.sender() == null ? new HttpSender(nodes) : setup.sender();
      // A broker, unlike a process that was killed, goes on taking events.
      int mostWaiting = setup.sender() == null ? Integer.MAX_VALUE : 500;
      try (Clients clients = new Clients(sender, mostWaiting, ledger, random.nextLong())) {
        clients.start();
        killAll(setup.sender() != null);
        clients.finish();
      }
      webhooks.forEach(FlakyWebhook::recover);
      await().atMost(BOUND).until(() -> ledger.isAllDone() || isQuiet(setup));
      if (setup.settings().getOrDefault("webhooks.outbox.url", "").startsWith("jdbc:postgresql:")) {
        // What a dead node has delivered and still holds is taken over when its lease has ended.
        Path any = nodes.get(0).folder();
        await()
            .atMost(BOUND)
            .until(() -> isQuiet(setup) || Remains.of(any, setup.settings()).waiting().isEmpty());
      }
      for (Node node : nodes) {
        node.stop();
      }
      for (Node node : nodes) {
        ledger.found(Remains.of(node.folder(), setup.settings()));
      }
      return Report.of(seed, IN_FLIGHT, ledger);
    } finally {
      nodes.forEach(Node::close);
      webhooks.forEach(FlakyWebhook::close);
    }
  }

  private Map<String, String> settings(Setup setup) {
    Map<String, String> settings = new HashMap<>(setup.settings());
    settings.put(
        "webhooks.urls", String.join(",", webhooks.stream().map(FlakyWebhook::url).toList()));
    // Then the loss of a webhook's part of an event shows, too.
    settings.put("webhooks.acks", "all");
    settings.put("webhooks.timeout", FlakyWebhook.TIMEOUT.toMillis() + "ms");
    settings.put("webhooks.retry.initial-delay", "50ms");
    settings.put("webhooks.retry.max-delay", "500ms");
    settings.put("webhooks.in-flight", Integer.toString(IN_FLIGHT));
    return settings;
  }

  /** One kill after the other, and a last life that is spared. */
  private void killAll(boolean consuming) throws IOException, InterruptedException {
    for (int killed = 0; killed < kills; ) {
      pause(SHORTEST_LIFE.toNanos(), LONGEST_LIFE.toNanos());
      Node node = nodes.get(random.nextInt(nodes.size()));
      if (consuming) {
        // It joins its group some time after it was ready: a kill before would show nothing.
        await().atMost(BOUND).until(() -> ledger.hasDelivered(node.life()));
      }
      node.kill();
      killed++;
      node.start();
      while (killed < kills && random.nextInt(100) < KILLED_STARTS) {
        pause(0, startNanos);
        node.kill();
        killed++;
        node.start();
      }
      long start = System.nanoTime();
      node.awaitReady();
      startNanos = System.nanoTime() - start;
      if (killed % 50 == 0) {
        System.out.printf("%,d kills, %,d events answered%n", killed, ledger.answered());
      }
    }
    pause(SHORTEST_LIFE.toNanos(), LONGEST_LIFE.toNanos());
  }

  private void pause(long leastNanos, long mostNanos) {
    long end =
        System.nanoTime() + leastNanos + (long) (random.nextDouble() * (mostNanos - leastNanos));
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private boolean isQuiet(Setup setup) {
    Duration quiet = setup.isInMemory() ? QUIET_IN_MEMORY : QUIET;
    return System.nanoTime() - ledger.lastNanos() > quiet.toNanos();
  }

  static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
