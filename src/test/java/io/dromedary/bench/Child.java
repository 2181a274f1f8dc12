package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.Application;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * A process of {@link Throughput}, seen from both sides: the receiver, a bare route or Dromedary.
 * It takes commands on its standard input and answers on its standard output. It ends with its
 * input, so it does not outlive its parent, and is killed after three minutes whatever it does.
 */
final class Child implements AutoCloseable {

  /** The threads that call a bare route. */
  static final int CALLERS = 64;

  private static final int BOUND_SECONDS = 180;

  private final Process process;
  private final PrintWriter commands;
  private final Scanner answers;

  private Child(Process process) {
    this.process = process;
    this.commands = new PrintWriter(process.outputWriter(UTF_8), true);
    this.answers = new Scanner(process.inputReader(UTF_8));
  }

  static Child start(String... role) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String[] command = {java, "-cp", System.getProperty("java.class.path"), Child.class.getName()};
    // A folder without settings of its own: Dromedary takes the packaged ones.
    Path folder = Files.createDirectories(Path.of("target", "throughput"));
    Process process =
        new ProcessBuilder(Stream.concat(Stream.of(command), Stream.of(role)).toList())
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    CompletableFuture.delayedExecutor(BOUND_SECONDS, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    return new Child(process);
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
    Function<String[], Object> role =
        switch (args[0]) {
          case "receiver" -> receiver();
          case "route" -> route(args[1]);
          default -> dromedary(args[1]);
        };
    // Not this thread, which notices the end of the input.
    ExecutorService worker = Executors.newSingleThreadExecutor();
    Scanner commands = new Scanner(System.in, UTF_8);
    while (commands.hasNextLine()) {
      String[] command = commands.nextLine().split(" ", -1);
      worker.execute(() -> answers.println(role.apply(command)));
    }
    Runtime.getRuntime().halt(0);
  }

  private static Function<String[], Object> receiver() {
    Receiver receiver = Receiver.start().countOnly();
    return command ->
        switch (command[0]) {
          case "port" -> receiver.port();
          case "count" -> receiver.count();
          case "distinct" -> receiver.messageIds().size();
          default -> {
            // Receiver.awaitCount would wake at each request, which is a cost of its own.
            while (receiver.count() < Integer.parseInt(command[1])) {
              LockSupport.parkNanos(2_000_000);
            }
            yield "";
          }
        };
  }

  private static Function<String[], Object> route(String url) throws Exception {
    String route = "- route: {from: {uri: 'direct:in', steps: [{to: {uri: '" + url + "'}}]}}";
    Main main = new Main();
    main.start();
    PluginHelper.getRoutesLoader(main.getCamelContext())
        .loadRoutes(ResourceHelper.fromString("bare.camel.yaml", route));
    Endpoint in = main.getCamelContext().getEndpoint("direct:in");
    ProducerTemplate template = main.getCamelTemplate();
    return command -> {
      AtomicInteger next = new AtomicInteger(Integer.parseInt(command[1]));
      int end = Integer.parseInt(command[2]);
      inParallel(
          CALLERS,
          () -> {
            for (int number; (number = next.getAndIncrement()) < end; ) {
              template.sendBody(in, event(number));
            }
          });
      return "";
    };
  }

  private static Function<String[], Object> dromedary(String url) {
    Application application = Application.start(Path.of("."), Map.of("webhooks.urls", url));
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

  /** An event as an analytics SDK sends it, with a messageId of its own. */
  static byte[] event(int number) {
    String start =
        """
        {"type":"track","event":"Order Completed","userId":"019mr8mf4r",\
        "timestamp":"2026-01-31T12:00:00.000Z","properties":{"orderId":"50314b8e9bcf",\
        "revenue":39.95,"currency":"EUR","coupon":"summer","products":[{"sku":"45790-32",\
        "price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]},"context":\
        {"library":{"name":"analytics-java","version":"3.5.4"}},"messageId":"throughput-""";
    return (start + (1_000_000 + number) + "\"}").getBytes(UTF_8);
  }
}
