package io.dromedary.bench;

import java.io.IOException;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Compares Dromedary as it is shipped with bare Camel routes, and with the HTTP client below both,
 * that post to the same receiver: events a second, and the CPU time an event costs the process
 * under test. Each of those is a JVM of its own, and so is the receiver. {@link Options} says what
 * can be chosen.
 */
public final class Throughput {

  private static final int CONNECTIONS = 8;

  /** Dromedary's path over HTTP is taken once a batch: it is compiled late. */
  private static final int MOST_WARM_UPS = 20;

  /**
   * A variant is warm when the rates of two rounds in a row differ by less than this, and the JIT
   * compilers have taken less than this of the CPU time: on a busy machine a rate alone can look
   * steady by chance.
   */
  private static final double WARM = 0.1;

  private final Options options;
  private final Events events;
  private final Child receiver;
  private final Map<String, Variant> variants = new LinkedHashMap<>();
  private final AtomicInteger sentAgain = new AtomicInteger();
  private int sent;

  private Throughput(Options options, Child receiver) {
    this.options = options;
    this.events = options.ofSize();
    this.receiver = receiver;
  }

  public static void main(String[] args) throws IOException {
    Options options = Options.read();
    try (Child receiver = Child.start(options, "receiver")) {
      new Throughput(options, receiver).run();
    }
  }

  private void run() throws IOException {
    try {
      String url = "http://127.0.0.1:" + receiver.ask("port") + "/hook";
      for (String name : options.only()) {
        variants.put(name, start(name, url));
      }
      // One after the other, so that what a variant compiles does not slow down the next.
      variants.values().forEach(this::warmUp);
      for (int round = 0; round < options.rounds(); round++) {
        variants.values().forEach(this::measure);
      }
    } finally {
      variants.values().forEach(variant -> variant.child.close());
    }
    report();
  }

  private Variant start(String name, String url) throws IOException {
    String title =
        switch (name) {
          case "raw" -> "(raw) Apache HttpClient 5 alone";
          case "b" -> "(b) bare route, Camel's defaults";
          case "b2" -> "(b2) bare route, no headers copied";
          case "d" -> "(d) Dromedary, HTTP in to webhook";
          default ->
              throw new IllegalArgumentException(
                  "bench.only has \"" + name + "\", expected raw, b, b2 or d");
        };
    Child child = Child.start(options, name, url);
    // A route is called in its own process: a direct endpoint has no other callers.
    return new Variant(
        title,
        child,
        name.equals("d") ? posts(child) : (first, end) -> child.ask("send " + first + " " + end));
  }

  private void warmUp(Variant variant) {
    while (variant.rates.size() < MOST_WARM_UPS && !isWarm(variant)) {
      measure(variant);
    }
    variant.startOver();
  }

  private static boolean isWarm(Variant variant) {
    int rounds = variant.rates.size();
    if (rounds < 2) {
      return false;
    }
    double before = variant.rates.get(rounds - 2);
    double growth = variant.rates.get(rounds - 1) / before - 1;
    return Math.abs(growth) < WARM && variant.jitShares.get(rounds - 1) < WARM;
  }

  /** From the first event that is sent until the receiver has counted the last. */
  private void measure(Variant variant) {
    int first = sent;
    sent += options.events();
    CompletableFuture<Long> end =
        CompletableFuture.supplyAsync(
            () -> {
              receiver.ask("await " + sent);
              return System.nanoTime();
            });
    int jitMillis = variant.child.askNumber("jit");
    long cpuNanos = variant.child.cpu().toNanos();
    long start = System.nanoTime();
    variant.load.send(first, sent);
    double nanos = end.join() - start;
    cpuNanos = variant.child.cpu().toNanos() - cpuNanos;
    jitMillis = variant.child.askNumber("jit") - jitMillis;
    variant.rates.add(options.events() / nanos * 1e9);
    variant.cpuMicros.add(cpuNanos / 1e3 / options.events());
    variant.jitShares.add(jitMillis * 1e6 / cpuNanos);
  }

  private Variant.Load posts(Child dromedary) {
    URI batches = URI.create("http://127.0.0.1:" + dromedary.ask("port") + "/v1/batch");
    Poster poster = new Poster(batches, CONNECTIONS);
    return (first, end) -> {
      AtomicInteger next = new AtomicInteger(first);
      Child.inParallel(
          CONNECTIONS,
          () -> {
            for (int from; (from = next.getAndAdd(options.batch())) < end; ) {
              post(poster, events.batch(from, Math.min(end, from + options.batch())));
            }
          });
    };
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

  private void report() {
    System.out.printf(
        "%n%d cores, %s, JDK %s; %d rounds of %,d events of %,d bytes; the receiver waits %d ms%n%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.arch"),
        Runtime.version(),
        options.rounds(),
        options.events(),
        events.bytes(),
        options.delay().toMillis());
    String row = "%-36s%-28s%-27s%-10s%-10s%-9s%s%n";
    System.out.printf(
        row,
        "median (least - most)",
        "events/s",
        "CPU us an event",
        "rate/(b)",
        "CPU/(b2)",
        "JIT/CPU",
        "warm-ups");
    Variant rateBase = variants.get("b");
    Variant cpuBase = variants.get("b2");
    for (Variant variant : variants.values()) {
      System.out.printf(
          row,
          variant.title,
          show("%,.0f", variant.rate(), variant.rates),
          show("%.1f", variant.cpu(), variant.cpuMicros),
          rateBase == null ? "-" : "%.2f".formatted(variant.rate() / rateBase.rate()),
          cpuBase == null ? "-" : "%.2f".formatted(variant.cpu() / cpuBase.cpu()),
          "%.0f %%".formatted(100 * variant.jit()),
          variant.warmUps);
    }
    int received = receiver.askNumber("events");
    System.out.printf(
        """

        (raw), (b), (b2): %d threads post or call direct:in; being in the same process, they are in
            its CPU time. (b) and (b2) have Camel's 20 connections, (raw) has one a thread.
        (d): %d connections post batches of %d from outside; HTTP in, checks, queue and signature
            are in its CPU time. %d batches were answered 503 and sent again.
        The receiver, on the same cores, has counted %,d requests, with all of the %,d events and
            %,d a second time. It took %.1f us of CPU a request.
        """,
        Child.CALLERS,
        CONNECTIONS,
        options.batch(),
        sentAgain.get(),
        receiver.askNumber("count"),
        receiver.askNumber("distinct"),
        received - receiver.askNumber("distinct"),
        receiver.cpu().toNanos() / 1e3 / receiver.askNumber("count"));
  }

  private static String show(String format, double median, List<Double> figures) {
    return (format + " (" + format + " - " + format + ")")
        .formatted(median, Collections.min(figures), Collections.max(figures));
  }
}
