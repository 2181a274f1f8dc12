package io.dromedary.bench;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * How much gets through to receivers that are not perfect, as a share of what a perfect sender
 * could get through. Arguments: the seconds of a measurement, and a part of the names of the
 * receivers.
 */
public final class Goodput {

  private static final Duration ANSWERS_AFTER = Duration.ofMillis(5);
  private static final Duration WARM_UP = Duration.ofSeconds(5);
  private static final int BATCH = 100;

  /** Events that wait, so that the sender is never idle. */
  private static final int MOST_WAITING = 10_000;

  private static final Answer OK = Answer.status(200).after(ANSWERS_AFTER);

  /** What an event is told by: its number, and when it was made. */
  private record Id(long number, long nanos) {

    static Id of(Request request) {
      String text = request.text();
      int start = text.indexOf("\"messageId\":\"m-") + 15;
      String[] parts = text.substring(start, text.indexOf('"', start)).split("-", -1);
      return new Id(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }
  }

  /**
   * A receiver.
   *
   * @param limit accepted events a second that it allows, or 0
   * @param share of the events of a healthy receiver that a perfect sender gets through
   * @param fed events a second that are sent, or 0 for as many as there is room for
   * @param isGood which events it may accept
   */
  private record Kind(
      String name,
      double limit,
      double share,
      int fed,
      Predicate<Id> isGood,
      Function<Request, Answer> answers) {}

  private static boolean chance(double share) {
    return ThreadLocalRandom.current().nextDouble() < share;
  }

  private static Answer failed(int status) {
    return Answer.status(status).after(ANSWERS_AFTER);
  }

  private static Kind random(String name, double share, Answer otherwise) {
    return new Kind(name, 0, 1 - share, 0, id -> true, request -> chance(share) ? otherwise : OK);
  }

  /** Allows so many a second and no more, by seconds that are counted apart. */
  private static Kind limited(String name, int limit, Answer otherwise) {
    Object lock = new Object();
    long[] second = {0, 0};
    return new Kind(
        name,
        limit,
        1,
        0,
        id -> true,
        request -> {
          synchronized (lock) {
            long now = System.nanoTime() / 1_000_000_000;
            if (second[0] != now) {
              second[0] = now;
              second[1] = 0;
            }
            return second[1]++ < limit ? OK : otherwise;
          }
        });
  }

  private static Kind poison(String name, int fed, int oneIn, Answer otherwise) {
    return new Kind(
        name,
        fed == 0 ? 0 : fed * (oneIn - 1.0) / oneIn,
        1 - 1.0 / oneIn,
        fed,
        id -> id.number() % oneIn != 0,
        request -> Id.of(request).number() % oneIn == 0 ? otherwise : OK);
  }

  private static List<Kind> kinds() {
    return List.of(
        new Kind("healthy", 0, 1, 0, id -> true, request -> OK),
        random("random 503, 10%", 0.1, failed(503)),
        random("random 503, 20%", 0.2, failed(503)),
        random("random 503, 30%", 0.3, failed(503)),
        random("random 500, 60%", 0.6, failed(500)),
        random("resets 10%", 0.1, Answer.reset()),
        limited("capacity of 400/s, 503 beyond", 400, failed(503)),
        limited(
            "limit of 200/s, 429 with Retry-After: 1",
            200,
            Answer.status(429).header("Retry-After", "1")),
        poison("3% never answered", 0, 33, Answer.hang()),
        poison("3% never answered, 2,500 events/s", 2500, 33, Answer.hang()),
        poison("one of 4 always 500, 8 events/s", 8, 4, failed(500)),
        poison("one of 20 always 503, 100 events/s", 100, 20, failed(503)));
  }

  private final long seconds;

  private Goodput(long seconds) {
    this.seconds = seconds;
  }

  /** Measures and prints a line a receiver. */
  public static void main(String[] args) throws Exception {
    long seconds = args.length > 0 ? Long.parseLong(args[0]) : 20;
    String part = args.length > 1 ? args[1] : "";
    Goodput bench = new Goodput(seconds);
    // What the JVM has not compiled yet would be taken for the receiver's doing.
    bench.measure(kinds().get(0), 0);
    double healthy = 0;
    System.out.println(
        "receiver | got through/s | perfect/s | share | refused | p50 / p99 ms of good");
    for (Kind kind : kinds()) {
      if (kind.name().equals("healthy") || kind.name().contains(part)) {
        healthy = bench.measure(kind, healthy);
      }
    }
    System.exit(0);
  }

  /** Returns what a healthy receiver gets. */
  private double measure(Kind kind, double healthy) throws Exception {
    Path folder = Files.createTempDirectory("goodput");
    LongAdder accepted = new LongAdder();
    LongAdder attempts = new LongAdder();
    LongAdder all = new LongAdder();
    long[] took = new long[2_000_000];
    AtomicBoolean measures = new AtomicBoolean();
    try (Receiver receiver = Receiver.start().countOnly()) {
      receiver.answerBy(
          request -> {
            Answer answer = kind.answers().apply(request);
            boolean isAccepted = answer == OK;
            all.add(isAccepted ? 1 : 0);
            if (measures.get()) {
              attempts.increment();
              if (isAccepted) {
                synchronized (took) {
                  accepted.increment();
                  took[Math.min(took.length - 1, accepted.intValue() - 1)] =
                      System.nanoTime() - Id.of(request).nanos();
                }
              }
            }
            return answer;
          });
      Map<String, String> settings = new HashMap<>(Map.of("webhooks.urls", receiver.url("/hook")));
      String more = System.getProperty("bench.settings", "");
      Arrays.stream(more.split(","))
          .filter(each -> each.contains("="))
          .forEach(each -> settings.put(each.split("=", 2)[0], each.split("=", 2)[1]));
      try (Application application = Application.start(folder, settings)) {
        AtomicBoolean ends = new AtomicBoolean();
        Thread feeder =
            new Thread(() -> feed(application.url("/v1/batch"), kind, all, ends), "feeder");
        feeder.start();
        Thread.sleep(WARM_UP.toMillis());
        measures.set(true);
        long begin = System.nanoTime();
        Thread.sleep(Duration.ofSeconds(seconds).toMillis());
        measures.set(false);
        double lasted = (System.nanoTime() - begin) / 1e9;
        ends.set(true);
        feeder.join();
        double rate = accepted.sum() / lasted;
        double base = healthy == 0 ? rate : healthy;
        double perfect = kind.limit() > 0 ? kind.limit() : base * kind.share();
        long[] sorted;
        synchronized (took) {
          sorted = LongStream.of(took).limit(accepted.sum()).sorted().toArray();
        }
        System.out.printf(
            "%-40s | %8.0f | %8.0f | %4.0f%% | %4.0f%% | %s%n",
            kind.name(),
            rate,
            perfect,
            100 * rate / perfect,
            100.0 * (attempts.sum() - accepted.sum()) / Math.max(1, attempts.sum()),
            percentile(sorted, 0.5) + " / " + percentile(sorted, 0.99));
        return base;
      }
    } finally {
      try (var files = Files.walk(folder)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
      }
    }
  }

  private static String percentile(long[] sorted, double share) {
    return sorted.length == 0
        ? "-"
        : String.valueOf(sorted[(int) (share * (sorted.length - 1))] / 1_000_000);
  }

  private void feed(String url, Kind kind, LongAdder accepted, AtomicBoolean ends) {
    HttpClient client = HttpClient.newHttpClient();
    long number = 0;
    long begin = System.nanoTime();
    try {
      while (!ends.get()) {
        double elapsed = (System.nanoTime() - begin) / 1e9;
        int batch = kind.fed() == 0 ? BATCH : Math.max(1, kind.fed() / 20);
        boolean isEnough =
            kind.fed() == 0
                ? number - accepted.sum() / kind.share() > MOST_WAITING
                : number >= elapsed * kind.fed();
        if (isEnough) {
          Thread.sleep(2);
          continue;
        }
        long from = number;
        String events =
            LongStream.range(from, from + batch)
                .mapToObj(
                    i ->
                        "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-"
                            + i
                            + "-"
                            + System.nanoTime()
                            + "\"}")
                .collect(Collectors.joining(",", "{\"batch\":[", "]}"));
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(URI.create(url))
                    .POST(HttpRequest.BodyPublishers.ofString(events))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          number += batch;
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
