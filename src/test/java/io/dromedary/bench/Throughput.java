package io.dromedary.bench;

import io.dromedary.Application;
import io.dromedary.bench.Variant.Figure;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares Dromedary as it is shipped with Camel routes as one would write them, and with the HTTP
 * client below both, that post to the same receivers: events a second, and what an event costs the
 * process under test. Each of those is a JVM of its own, and so are the receivers. {@link Options}
 * says what can be chosen.
 */
public final class Throughput {

  private static final int CONNECTIONS = 8;

  /** Dromedary's path over HTTP is taken once a batch: it is compiled late. */
  private static final int MOST_WARM_UPS = 40;

  /** A variant is warm when the rates of so many rounds in a row differ by less than the next. */
  private static final int WARM = 3;

  private static final double STEADY = 0.1;

  /**
   * And when compilers have taken less than this of the CPU time in each: on a busy machine a rate
   * alone can look steady by chance, and they rest for a round now and then.
   */
  private static final double COMPILED = 0.03;

  private static final int PACED_SECONDS = 4;

  private final Options options;
  private final Load load;
  private final Events events;
  private final int eventsOfRound;
  private final Child receiver;
  private final @Nullable EmbeddedPostgres postgres;
  private final Map<String, Variant> variants = new LinkedHashMap<>();
  private final List<Child> children = new ArrayList<>();
  private final AtomicInteger sentAgain = new AtomicInteger();
  private int sent;

  private Throughput(
      Options options, Load load, Child receiver, @Nullable EmbeddedPostgres postgres) {
    this.options = options;
    this.load = load;
    this.events = load.events();
    this.eventsOfRound = load.scaled(options.events());
    this.receiver = receiver;
    this.postgres = postgres;
  }

  public static void main(String[] args) throws IOException {
    Options options = Options.read();
    System.out.printf(
        "%d cores, %s, JDK %s; medians (least-most) of %d rounds%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.arch"),
        Runtime.version(),
        options.rounds());
    try (EmbeddedPostgres postgres =
        options.only().stream().anyMatch(name -> name.startsWith("e"))
            ? Durable.postgres()
            : null) {
      for (Load load : options.loads()) {
        try (Child receiver = Child.start(options, load, 1, "receiver")) {
          new Throughput(options, load, receiver, postgres).run();
        }
      }
    }
  }

  private void run() throws IOException {
    try {
      String urls =
          Arrays.stream(receiver.ask("ports").split(",", -1))
              .map(port -> "http://127.0.0.1:" + port + "/hook")
              .collect(Collectors.joining(","));
      for (String name : options.only()) {
        // One that sends to a single webhook says nothing of several.
        if (load.webhooks() == 1 || isDromedary(name) || name.startsWith("c")) {
          variants.put(name, start(name, urls));
        }
      }
      // One after the other, so that what a variant compiles does not slow down the next.
      variants.values().forEach(this::warmUp);
      for (int round = 0; round < options.rounds(); round++) {
        variants.values().forEach(this::measure);
      }
      for (int round = 0; round < options.rounds(); round++) {
        variants.forEach(this::measureLatency);
      }
      report();
    } finally {
      children.forEach(Child::close);
    }
  }

  private Variant start(String name, String urls) throws IOException {
    String title =
        switch (name) {
          case "raw" -> "(raw) Apache HttpClient 5 alone";
          case "b0" -> "(b0) bare route, message without headers";
          case "b" -> "(b) bare route, Camel's defaults";
          case "b2" -> "(b2) bare route, tuned";
          case "c" -> "(c) multicast, error handler, seda";
          case "c2" -> "(c2) the same, tuned";
          case "d0" -> "(d0) Dromedary on SQLite, before";
          case "d" -> "(d) Dromedary on SQLite";
          case "d-off" -> "(d-off) the same without history";
          case "d-traced" -> "(d-traced) the same with spans";
          case "m" -> "(m) a second destination";
          case "m-refuses" -> "(m-refuses) it refuses connections";
          case "m-hangs" -> "(m-hangs) it never answers";
          case "e" -> "(e) Dromedary on PostgreSQL";
          case "e2" -> "(e2) two nodes on one PostgreSQL";
          case "k" -> "(k) from Kafka";
          case "k2" -> "(k2) two nodes of one Kafka group";
          default ->
              throw new IllegalArgumentException(
                  "bench.only has \"" + name + "\", expected some of those in docs/BENCHMARKS.md");
        };
    String topic = name + "-" + load.text().replace('/', '-');
    String more =
        switch (name) {
          case "m" -> "http://127.0.0.1:" + receiver.ask("other-port") + "/hook";
          case "m-refuses" -> "http://127.0.0.1:" + Application.freePort() + "/hook";
          case "m-hangs" -> "http://127.0.0.1:" + receiver.ask("silent-port") + "/hook";
          case "e", "e2" -> database(name);
          case "k", "k2" -> EventsTopic.create(topic);
          default -> "";
        };
    List<Child> nodes = new ArrayList<>();
    for (int node = 1; node <= (name.equals("e2") || name.equals("k2") ? 2 : 1); node++) {
      nodes.add(Child.start(options, load, node, name, urls, more));
    }
    children.addAll(nodes);
    // A route is called in its own process: a direct endpoint has no other callers.
    return new Variant(
        title,
        nodes,
        !isDromedary(name)
            ? (first, end) -> nodes.get(0).ask("send " + first + " " + end)
            : name.startsWith("k") ? new EventsTopic(topic, events) : posts(nodes));
  }

  /** Each variant has a database of its own. */
  private String database(String name) {
    if (postgres == null) {
      throw new IllegalStateException("PostgreSQL has not been started");
    }
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return postgres.getJdbcUrl("postgres", name);
  }

  /** Whether it is given events from outside. */
  private static boolean isDromedary(String name) {
    return "demk".indexOf(name.charAt(0)) >= 0;
  }

  private void warmUp(Variant variant) {
    while (variant.all(Figure.CPU_MICROS).size() < MOST_WARM_UPS && !isWarm(variant)) {
      measure(variant);
    }
    variant.startOver();
  }

  private static boolean isWarm(Variant variant) {
    List<Double> rates = variant.all(Figure.EVENTS_A_SECOND);
    int rounds = rates.size();
    if (rounds < WARM) {
      return false;
    }
    List<Double> last = rates.subList(rounds - WARM, rounds);
    return Collections.min(last) > (1 - STEADY) * Collections.max(last)
        && Collections.max(variant.all(Figure.JIT_SHARE).subList(rounds - WARM, rounds)) < COMPILED;
  }

  /** From the first event that is sent until the receivers have counted the last. */
  private void measure(Variant variant) {
    int first = sent;
    sent += eventsOfRound;
    CompletableFuture<Long> end = awaitAll();
    long jitMillis = variant.sum("jit");
    long allocated = variant.sum("allocated");
    long cpuNanos = variant.cpu().toNanos();
    long start = System.nanoTime();
    variant.sender.send(first, sent);
    double nanos = end.join() - start;
    cpuNanos = variant.cpu().toNanos() - cpuNanos;
    allocated = variant.sum("allocated") - allocated;
    jitMillis = variant.sum("jit") - jitMillis;
    variant.add(Figure.EVENTS_A_SECOND, eventsOfRound / nanos * 1e9);
    variant.add(Figure.CPU_MICROS, cpuNanos / 1e3 / eventsOfRound);
    variant.add(Figure.ALLOCATED_KB, allocated / 1e3 / eventsOfRound);
    variant.add(Figure.JIT_SHARE, jitMillis * 1e6 / cpuNanos);
  }

  private CompletableFuture<Long> awaitAll() {
    int all = sent;
    return CompletableFuture.supplyAsync(
        () -> {
          receiver.ask("await " + all);
          return System.nanoTime();
        });
  }

  private Variant.Sender posts(List<Child> dromedaries) {
    List<Poster> nodes = posters(dromedaries);
    return (first, end) -> {
      AtomicInteger next = new AtomicInteger(first);
      Child.inParallel(
          CONNECTIONS,
          () -> {
            for (int from; (from = next.getAndAdd(load.batch())) < end; ) {
              Poster node = nodes.get(from / load.batch() % nodes.size());
              post(node, events.batch(from, Math.min(end, from + load.batch())));
            }
          });
    };
  }

  private static List<Poster> posters(List<Child> dromedaries) {
    return dromedaries.stream()
        .map(dromedary -> dromedary.ask("port"))
        .map(port -> URI.create("http://127.0.0.1:" + port + "/v1/batch"))
        .map(uri -> new Poster(uri, CONNECTIONS))
        .toList();
  }

  private void post(Poster poster, byte[] batch) {
    for (int status; (status = poster.post(batch)) != 200; ) {
      if (status != 503) {
        throw new IllegalStateException("a batch was answered " + status);
      }
      // The queue has been full for a second: the server has done the waiting.
      sentAgain.incrementAndGet();
    }
  }

  /** At half of its rate: from the post of an event to its arrival at the last webhook. */
  private void measureLatency(String name, Variant variant) {
    if (!isDromedary(name) || name.startsWith("k")) {
      return;
    }
    List<Poster> nodes = posters(variant.nodes);
    // What an outage changes shows at the rate of before.
    Variant ofRate = name.startsWith("m") ? variants.getOrDefault("m", variant) : variant;
    double batchesASecond = ofRate.median(Figure.EVENTS_A_SECOND) / 2 / load.batch();
    int batches = Math.max(1, (int) (PACED_SECONDS * batchesASecond));
    int first = sent;
    sent += batches * load.batch();
    CompletableFuture<Long> end = awaitAll();
    long[] postedMicros = new long[batches];
    long start = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    Child.inParallel(
        CONNECTIONS,
        () -> {
          for (int batch; (batch = next.getAndIncrement()) < batches; ) {
            long at = start + (long) (batch / batchesASecond * TimeUnit.SECONDS.toNanos(1));
            for (long wait; (wait = at - System.nanoTime()) > 0; ) {
              LockSupport.parkNanos(wait);
            }
            int from = first + batch * load.batch();
            // When it should have been sent: one that had to wait for a connection counts whole.
            postedMicros[batch] = at / 1000;
            post(nodes.get(batch % nodes.size()), events.batch(from, from + load.batch()));
          }
        });
    end.join();
    String[] arrived = receiver.ask("arrivals " + first + " " + sent).split(",", -1);
    long[] micros =
        IntStream.range(0, arrived.length)
            .mapToLong(i -> Long.parseLong(arrived[i]) - postedMicros[i / load.batch()])
            .sorted()
            .toArray();
    variant.addLatencies(micros);
  }

  private void report() {
    System.out.printf("%n%s; %,d events a round%n%n", load, eventsOfRound);
    System.out.println(
        "| | events/s | of (b) | CPU µs an event | of (b2) | allocated kB an event"
            + " | p50 / p99 at half the rate | heap MB | JIT | warm-ups |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|");
    variants.forEach(
        (name, variant) ->
            System.out.printf(
                "| %s | %s | %s | %s | %s | %s | %s | %s | %.0f %% | %d |%n",
                variant.title,
                variant.show(Figure.EVENTS_A_SECOND, "%,.0f"),
                ratio(variant, "b", Figure.EVENTS_A_SECOND),
                variant.show(Figure.CPU_MICROS, "%.1f"),
                ratio(variant, "b2", Figure.CPU_MICROS),
                variant.show(Figure.ALLOCATED_KB, "%.1f"),
                variant.showLatencies(),
                variant.sum("heap"),
                100 * variant.median(Figure.JIT_SHARE),
                variant.warmUps));
    System.out.printf(
        """

        (raw), (b0), (b), (b2), (c), (c2): %d threads post or call direct:in; being in the same process,
            they are in its figures. The messages of all but (b0) and (raw) have the headers
            CamelHttpMethod and Content-Type, as Camel's documentation sends a POST.
        The others: %d connections post batches from outside; HTTP in, checks, store and signature
            are in the figures, the database of (e) and the broker of (k) are not. Latency is from the post of an event to
            its arrival. %d batches were answered 503 and sent again.
        The receivers, on the same cores, have counted %s.
        """,
        Child.CALLERS, CONNECTIONS, sentAgain.get(), receiver.ask("counts"));
  }

  private String ratio(Variant variant, String base, Figure figure) {
    Variant with = variants.get(base);
    return with == null ? "-" : "%.2f".formatted(variant.median(figure) / with.median(figure));
  }
}
