package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Compares Dromedary as it is shipped with a bare Camel route that posts to the same receiver:
 * events a second, and the CPU time an event costs the process under test. Each of those is a JVM
 * of its own, and so is the receiver. The arguments, if any, are the events of a round and the
 * number of rounds.
 */
public final class Throughput {

  private static final int BATCH_EVENTS = 100;
  private static final int CONNECTIONS = 8;

  /** Has the events of these numbers sent by the process under test. */
  private interface Load {
    void send(int first, int end);
  }

  /** What is compared, and a figure of each round. */
  private record Variant(
      String name, Child child, Load load, List<Double> rates, List<Double> cpuMicros) {

    Variant(String name, Child child, Load load) {
      this(name, child, load, new ArrayList<>(), new ArrayList<>());
    }
  }

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger sentAgain = new AtomicInteger();
  private final Child receiver;
  private int sent;

  private Throughput(Child receiver) {
    this.receiver = receiver;
  }

  public static void main(String[] args) throws Exception {
    int events = args.length > 0 ? Integer.parseInt(args[0]) : 40_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    try (Child receiver = Child.start("receiver")) {
      new Throughput(receiver).run(events, rounds);
    }
  }

  private void run(int events, int rounds) throws Exception {
    String url = "http://127.0.0.1:" + receiver.ask("port") + "/hook";
    try (Child plain = Child.start("route", url);
        Child lean = Child.start("route", url + "?skipControlHeaders=true&copyHeaders=false");
        Child dromedary = Child.start("dromedary", url)) {
      List<Variant> variants =
          List.of(
              new Variant("(a) bare route, Camel's defaults", plain, calls(plain)),
              new Variant("(b) bare route, no control headers", lean, calls(lean)),
              new Variant("(c) Dromedary, HTTP in to webhook", dromedary, posts(dromedary)));
      for (int round = 0; round <= rounds; round++) {
        for (Variant variant : variants) {
          measure(variant, events);
          if (round == 0) {
            // That was to warm up.
            variant.rates().clear();
            variant.cpuMicros().clear();
          }
        }
      }
      report(variants, events);
    }
  }

  /** From the first event that is sent until the receiver has counted the last. */
  private void measure(Variant variant, int events) {
    int expected = Integer.parseInt(receiver.ask("count")) + events;
    CompletableFuture<Long> end =
        CompletableFuture.supplyAsync(
            () -> {
              receiver.ask("await " + expected);
              return System.nanoTime();
            });
    long cpuNanos = variant.child().cpu().toNanos();
    long start = System.nanoTime();
    variant.load().send(sent, sent + events);
    double nanos = end.join() - start;
    cpuNanos = variant.child().cpu().toNanos() - cpuNanos;
    sent += events;
    variant.rates().add(events / nanos * 1e9);
    variant.cpuMicros().add(cpuNanos / 1e3 / events);
  }

  /** The route is called in its own process: a direct endpoint has no other callers. */
  private static Load calls(Child route) {
    return (first, end) -> route.ask("send " + first + " " + end);
  }

  private Load posts(Child dromedary) {
    URI batches = URI.create("http://127.0.0.1:" + dromedary.ask("port") + "/v1/batch");
    return (first, end) -> {
      AtomicInteger next = new AtomicInteger(first);
      Child.inParallel(
          CONNECTIONS,
          () -> {
            for (int from; (from = next.getAndAdd(BATCH_EVENTS)) < end; ) {
              post(batches, batch(from, Math.min(end, from + BATCH_EVENTS)));
            }
          });
    };
  }

  private static String batch(int first, int end) {
    return IntStream.range(first, end)
        .mapToObj(number -> new String(Child.event(number), UTF_8))
        .collect(Collectors.joining(",", "{\"batch\":[", "]}"));
  }

  private void post(URI uri, String body) {
    HttpRequest request = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build();
    int status = http.sendAsync(request, BodyHandlers.discarding()).join().statusCode();
    if (status == 503) {
      // The queue has been full for a second: the server has done the waiting.
      sentAgain.incrementAndGet();
      post(uri, body);
    } else if (status != 200) {
      throw new IllegalStateException("a batch was answered " + status);
    }
  }

  private void report(List<Variant> variants, int events) {
    Variant base = variants.get(0);
    System.out.printf(
        "%n%d cores, %s, JDK %s; %d rounds of %,d events of %d bytes, after one to warm up%n%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.arch"),
        Runtime.version(),
        base.rates().size(),
        events,
        Child.event(0).length);
    String row = "%-36s%-28s%-27s%s%n";
    System.out.printf(row, "median (least - most)", "events/s", "CPU us an event", "against (a)");
    for (Variant variant : variants) {
      System.out.printf(
          row,
          variant.name(),
          show("%,.0f", variant.rates()),
          show("%.1f", variant.cpuMicros()),
          "%.2f x, CPU %.2f x"
              .formatted(
                  median(variant.rates()) / median(base.rates()),
                  median(variant.cpuMicros()) / median(base.cpuMicros())));
    }
    System.out.printf(
        """

        (a), (b): %d threads call direct:in; being in the same process, they are in its CPU time.
        (c): %d connections post batches of %d from outside; HTTP in, checks, queue and signature are
             in its CPU time. %d batches were answered 503 and sent again.
        The receiver, on the same cores, has counted %s requests with %s of the %d events.
        """,
        Child.CALLERS,
        CONNECTIONS,
        BATCH_EVENTS,
        sentAgain.get(),
        receiver.ask("count"),
        receiver.ask("distinct"),
        sent);
  }

  private static String show(String format, List<Double> figures) {
    return (format + " (" + format + " - " + format + ")")
        .formatted(median(figures), Collections.min(figures), Collections.max(figures));
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }
}
