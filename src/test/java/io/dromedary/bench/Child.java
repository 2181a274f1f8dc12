package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.Application;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * A process of {@link Throughput}, seen from both sides: the receiver or a variant. It takes
 * commands on its standard input and answers on its standard output. It ends with its input, so it
 * does not outlive its parent, and is killed after a quarter of an hour whatever it does.
 */
final class Child implements AutoCloseable {

  /** The threads that call a bare route, or post by themselves. */
  static final int CALLERS = 64;

  private static final Duration BOUND = Duration.ofMinutes(15);

  /** By the id of a thread, what it has allocated. */
  private static final Map<Long, Long> ALLOCATED = new ConcurrentHashMap<>();

  /** As Camel's documentation sends a POST. */
  private static final Map<String, Object> POST =
      Map.of("CamelHttpMethod", "POST", "Content-Type", "application/json");

  private static final String TUNED = "?skipControlHeaders=true&copyHeaders=false";

  private final Process process;
  private final PrintWriter commands;
  private final Scanner answers;

  private Child(Process process) {
    this.process = process;
    this.commands = new PrintWriter(process.outputWriter(UTF_8), true);
    this.answers = new Scanner(process.inputReader(UTF_8));
  }

  /**
   * Starts a process in an empty folder of its own: Dromedary takes the packaged settings, and
   * finds no events of an earlier run.
   */
  static Child start(Options options, Load load, int node, String role, String... arguments)
      throws IOException {
    Path folder = Path.of("target", "throughput", role + "-" + node);
    delete(folder);
    Files.createDirectories(folder);
    Stream<String> command =
        Stream.of(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                options.ofChild(),
                Stream.of("-cp", classPath(options, role), Child.class.getName()),
                Stream.of(load.text(), role),
                Stream.of(arguments))
            .flatMap(part -> part);
    Process process =
        new ProcessBuilder(command.toList())
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    CompletableFuture.delayedExecutor(BOUND.toSeconds(), TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    return new Child(process);
  }

  /** That of this process; in front of it, for the version of before, its classes. */
  private static String classPath(Options options, String role) {
    String own = System.getProperty("java.class.path");
    return role.equals("d0") ? options.before() + File.pathSeparator + own : own;
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.delete(path);
      }
    }
  }

  /** Sends a command and waits for its answer. */
  String ask(String command) {
    commands.println(command);
    if (!answers.hasNextLine()) {
      throw new IllegalStateException("the process failed or took too long: " + command);
    }
    return answers.nextLine();
  }

  /** The CPU time of all threads of the process so far. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    // Logs must not be taken for answers.
    System.setOut(System.err);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          failure.printStackTrace();
          Runtime.getRuntime().halt(1);
        });
    Options options = Options.read();
    Load load = Load.of(args[0]);
    String url = args.length > 2 ? args[2] : "";
    Function<String[], Object> role =
        switch (args[1]) {
          case "receiver" -> receivers(load);
          case "raw" -> raw(load, url);
          case "b0" -> route(load, bare(url), Map.of());
          case "b" -> route(load, bare(url), POST);
          case "b2" -> route(load, bare(url + TUNED), POST);
          case "c" -> route(load, multicast(url, ""), POST);
          case "c2" -> route(load, multicast(url, TUNED), POST);
          case "d", "d0" -> onSqlite(options, load, url, Map.of());
          case "d-off" -> onSqlite(options, load, url, Map.of("webhooks.history", "off"));
          case "d-traced" -> onSqlite(options, load, url, Map.of("webhooks.tracing", "true"));
          case "m", "m-refuses", "m-hangs" -> onSqlite(options, load, url, another(args[3]));
          case "k", "k2" -> onSqlite(options, load, url, Map.of("webhooks.inbound", args[3]));
          case "e", "e2" -> dromedary(options, load, url, Map.of("webhooks.outbox.url", args[3]));
          default -> throw new IllegalArgumentException("no such role: " + args[1]);
        };
    // Not this thread, which notices the end of the input.
    ExecutorService worker = Executors.newSingleThreadExecutor();
    Scanner commands = new Scanner(System.in, UTF_8);
    while (commands.hasNextLine()) {
      String[] command = commands.nextLine().split(" ", -1);
      worker.execute(
          () ->
              answers.println(
                  switch (command[0]) {
                    case "jit" -> jitMillis();
                    case "allocated" -> allocatedBytes();
                    case "heap" -> heapMegabytes();
                    default -> role.apply(command);
                  }));
    }
    Runtime.getRuntime().halt(0);
  }

  /** The time that compilers have taken in this process so far. */
  private static long jitMillis() {
    return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }

  /** By each thread so far, also by those that have ended since. */
  private static long allocatedBytes() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids = threads.getAllThreadIds();
    long[] bytes = threads.getThreadAllocatedBytes(ids);
    for (int i = 0; i < ids.length; i++) {
      ALLOCATED.merge(ids[i], bytes[i], Math::max);
    }
    return ALLOCATED.values().stream().mapToLong(each -> Math.max(0, each)).sum();
  }

  /** What is in use after a collection. */
  private static long heapMegabytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
  }

  private static Function<String[], Object> receivers(Load load) throws IOException {
    List<CountingReceiver> receivers = new ArrayList<>();
    for (int i = 0; i < load.webhooks(); i++) {
      receivers.add(CountingReceiver.start(load.delay()));
    }
    CountingReceiver other = CountingReceiver.start(Duration.ZERO);
    // Connections are made by the system, and nobody ever reads from them.
    ServerSocket silent = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
    return command ->
        switch (command[0]) {
          case "ports" ->
              receivers.stream()
                  .map(each -> Integer.toString(each.port()))
                  .collect(Collectors.joining(","));
          case "other-port" -> other.port();
          case "silent-port" -> silent.getLocalPort();
          case "counts" -> counts(receivers);
          case "arrivals" ->
              IntStream.range(Integer.parseInt(command[1]), Integer.parseInt(command[2]))
                  .mapToLong(
                      number ->
                          receivers.stream()
                              .mapToLong(each -> each.arrivalMicros(number))
                              .max()
                              .orElseThrow())
                  .mapToObj(Long::toString)
                  .collect(Collectors.joining(","));
          default -> {
            for (CountingReceiver receiver : receivers) {
              try {
                receiver.await(Integer.parseInt(command[1]));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
            yield "";
          }
        };
  }

  private static String counts(List<CountingReceiver> receivers) {
    int requests = 0;
    int distinct = 0;
    int again = 0;
    for (CountingReceiver receiver : receivers) {
      CountingReceiver.Counts counts = receiver.counts();
      requests += counts.requests();
      distinct += counts.distinct();
      again += counts.events() - counts.distinct();
    }
    return "%,d requests, with %,d events and %,d a second time"
        .formatted(requests, distinct, again);
  }

  private static Function<String[], Object> raw(Load load, String url) {
    Poster poster = new Poster(URI.create(url), CALLERS);
    return calls(
        load,
        event -> {
          int status = poster.post(event);
          if (status != 200) {
            throw new IllegalStateException("an event was answered " + status);
          }
        });
  }

  private static String bare(String url) {
    return "- route: {from: {uri: 'direct:in', steps: [{to: {uri: '" + url + "'}}]}}";
  }

  /** What a careful user of Camel would write who does not need events to outlive the process. */
  private static String multicast(String urls, String options) {
    String sends =
        Stream.of(urls.split(",", -1))
            .map(url -> "{to: {uri: '" + url + options + "'}}")
            .collect(Collectors.joining(", "));
    return """
        - route:
            from: {uri: 'direct:in', steps: [{to: {uri: '%1$s', pattern: InOnly}}]}
        - route:
            errorHandler:
              deadLetterChannel:
                deadLetterUri: 'log:dead'
                redeliveryPolicy:
                  {maximumRedeliveries: 10, redeliveryDelay: 1000, asyncDelayedRedelivery: true}
            from:
              uri: '%1$s&concurrentConsumers=64'
              steps: [{multicast: {parallelProcessing: %2$s, steps: [%3$s]}}]
        """
        .formatted("seda:events?size=10000&blockWhenFull=true", urls.contains(","), sends);
  }

  private static Function<String[], Object> route(
      Load load, String routes, Map<String, Object> headers) throws Exception {
    Main main = new Main();
    // As many as there are callers, which Camel's documentation advises where 20 are too few.
    if (routes.contains("multicast")) {
      main.addInitialProperty("camel.component.http.automaticRetriesDisabled", "true");
      main.addInitialProperty("camel.component.http.connectionsPerRoute", "64");
      main.addInitialProperty("camel.component.http.maxTotalConnections", "320");
    }
    main.start();
    PluginHelper.getRoutesLoader(main.getCamelContext())
        .loadRoutes(ResourceHelper.fromString("bare.camel.yaml", routes));
    Endpoint in = main.getCamelContext().getEndpoint("direct:in");
    ProducerTemplate template = main.getCamelTemplate();
    return calls(load, event -> template.sendBodyAndHeaders(in, event, headers));
  }

  /** Calls with the events from one number to another. */
  private static Function<String[], Object> calls(Load load, Consumer<byte[]> call) {
    Events events = load.events();
    // They live on, so that what they have allocated is counted.
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    return command -> {
      AtomicInteger next = new AtomicInteger(Integer.parseInt(command[1]));
      int end = Integer.parseInt(command[2]);
      inParallel(
          callers,
          CALLERS,
          () -> {
            for (int number; (number = next.getAndIncrement()) < end; ) {
              call.accept(events.event(number));
            }
          });
      return "";
    };
  }

  /** A second destination, which gets the same events. */
  private static Map<String, String> another(String url) {
    return Map.of(
        "webhooks.destination.other.urls",
        url,
        "webhooks.destination.other.signing.secret",
        "bench");
  }

  private static Function<String[], Object> onSqlite(
      Options options, Load load, String urls, Map<String, String> settings) throws SQLException {
    Function<String[], Object> role = dromedary(options, load, urls, settings);
    if (options.parked() > 0) {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:outbox.db");
          Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 60000");
        // With ids that are not those of the events to come.
        statement.executeUpdate(
            """
            WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < %1$d)
            INSERT INTO outbox
              (id, destination, message_id, type, accepted_at, due_at, attempts, progress, body)
            SELECT 1000000000000 + i, 'default', 'parked-' || i, 'track', %2$d,
              %2$d + 10800000 + i / 1000, 3, NULL, zeroblob(%3$d) FROM number"""
                .formatted(options.parked(), System.currentTimeMillis(), load.events().bytes()));
      }
    }
    return role;
  }

  private static Function<String[], Object> dromedary(
      Options options, Load load, String urls, Map<String, String> ofVariant) {
    Map<String, String> settings = new HashMap<>(ofVariant);
    settings.put("webhooks.acks", "all");
    settings.put("webhooks.signing.secret", "bench");
    if (!load.delay().isZero()) {
      // More than is in flight for so long, and until it is settled, at the rate of a receiver that
      // answers at once.
      settings.put("webhooks.in-flight", "4000");
    }
    settings.putAll(options.settings());
    // What the settings say of it may name the receiver, beside others that are down.
    settings.merge("webhooks.urls", urls, (said, none) -> said.replace("RECEIVER", urls));
    Application application = Application.start(Path.of("."), settings);
    return command -> application.port();
  }

  /** Runs a task on so many threads and waits for all of them. */
  static void inParallel(int threads, Runnable task) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      inParallel(pool, threads, task);
    } finally {
      pool.shutdown();
    }
  }

  private static void inParallel(ExecutorService pool, int threads, Runnable task) {
    CompletableFuture.allOf(
            Stream.generate(() -> CompletableFuture.runAsync(task, pool))
                .limit(threads)
                .toArray(CompletableFuture[]::new))
        .join();
  }
}
