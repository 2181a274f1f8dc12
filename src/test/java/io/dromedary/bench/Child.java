package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.Application;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
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
  static Child start(Options options, String role, String... arguments) throws IOException {
    Path folder = Path.of("target", "throughput", role);
    delete(folder);
    Files.createDirectories(folder);
    Stream<String> command =
        Stream.of(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                options.ofChild(),
                Stream.of("-cp", System.getProperty("java.class.path"), Child.class.getName()),
                Stream.of(role),
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

  int askNumber(String command) {
    return Integer.parseInt(ask(command));
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
    Function<String[], Object> role =
        switch (args[0]) {
          case "receiver" -> receiver(options);
          case "raw" -> raw(options, args[1]);
          case "b" -> route(options, args[1]);
          case "b2" -> route(options, args[1] + "?skipControlHeaders=true&copyHeaders=false");
          case "d" -> dromedary(options, args[1]);
          default -> throw new IllegalArgumentException("no such role: " + args[0]);
        };
    // Not this thread, which notices the end of the input.
    ExecutorService worker = Executors.newSingleThreadExecutor();
    Scanner commands = new Scanner(System.in, UTF_8);
    while (commands.hasNextLine()) {
      String[] command = commands.nextLine().split(" ", -1);
      worker.execute(
          () -> answers.println(command[0].equals("jit") ? jitMillis() : role.apply(command)));
    }
    Runtime.getRuntime().halt(0);
  }

  /** The time that compilers have taken in this process so far. */
  private static long jitMillis() {
    return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }

  private static Function<String[], Object> receiver(Options options) throws IOException {
    CountingReceiver receiver = CountingReceiver.start(options.delay());
    return command ->
        switch (command[0]) {
          case "port" -> receiver.port();
          case "count" -> receiver.counts().requests();
          case "events" -> receiver.counts().events();
          case "distinct" -> receiver.counts().distinct();
          default -> {
            try {
              receiver.await(Integer.parseInt(command[1]));
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            yield "";
          }
        };
  }

  private static Function<String[], Object> raw(Options options, String url) {
    Poster poster = new Poster(URI.create(url), CALLERS);
    return calls(
        options,
        event -> {
          int status = poster.post(event);
          if (status != 200) {
            throw new IllegalStateException("an event was answered " + status);
          }
        });
  }

  private static Function<String[], Object> route(Options options, String url) throws Exception {
    String route = "- route: {from: {uri: 'direct:in', steps: [{to: {uri: '" + url + "'}}]}}";
    Main main = new Main();
    main.start();
    PluginHelper.getRoutesLoader(main.getCamelContext())
        .loadRoutes(ResourceHelper.fromString("bare.camel.yaml", route));
    Endpoint in = main.getCamelContext().getEndpoint("direct:in");
    ProducerTemplate template = main.getCamelTemplate();
    return calls(options, event -> template.sendBody(in, event));
  }

  /** Calls with the events from one number to another. */
  private static Function<String[], Object> calls(Options options, Consumer<byte[]> call) {
    Events events = options.ofSize();
    return command -> {
      AtomicInteger next = new AtomicInteger(Integer.parseInt(command[1]));
      int end = Integer.parseInt(command[2]);
      inParallel(
          CALLERS,
          () -> {
            for (int number; (number = next.getAndIncrement()) < end; ) {
              call.accept(events.event(number));
            }
          });
      return "";
    };
  }

  private static Function<String[], Object> dromedary(Options options, String url) {
    Map<String, String> settings = new HashMap<>(options.settings());
    // What the settings say of it may name the receiver, beside others that are down.
    settings.merge("webhooks.urls", url, (said, none) -> said.replace("RECEIVER", url));
    Application application = Application.start(Path.of("."), settings);
    return command -> application.port();
  }

  /** Runs a task on so many threads and waits for all of them. */
  static void inParallel(int threads, Runnable task) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CompletableFuture.allOf(
              Stream.generate(() -> CompletableFuture.runAsync(task, pool))
                  .limit(threads)
                  .toArray(CompletableFuture[]::new))
          .join();
    } finally {
      pool.shutdown();
    }
  }
}
