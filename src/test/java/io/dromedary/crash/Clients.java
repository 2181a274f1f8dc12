package io.dromedary.crash;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Senders of single events and of batches, spread over the nodes. Like an SDK, they send a request
 * again, with the same message ids, until it is answered.
 */
final class Clients implements AutoCloseable {

  /** What a message id starts with, before the number of the event. */
  static final String ID_PREFIX = "e-";

  private static final int THREADS = 4;
  private static final int MOST_IN_BATCH = 50;
  private static final String ACCEPTED = "{\"success\":true}";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Node> nodes;
  private final Ledger ledger;
  private final List<Thread> threads;
  private final AtomicInteger events = new AtomicInteger();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private volatile boolean beginning = true;
  private volatile boolean sending = true;

  Clients(List<Node> nodes, Ledger ledger, long seed) {
    this.nodes = nodes;
    this.ledger = ledger;
    threads =
        IntStream.range(0, THREADS)
            .mapToObj(number -> new Thread(() -> run(new Random(seed + number)), "client" + number))
            .toList();
    threads.forEach(thread -> thread.setDaemon(true));
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** Begins no more requests, and waits until those that were begun are answered. */
  void finish() throws InterruptedException {
    beginning = false;
    join();
    close();
    join();
  }

  /** Ends what is being sent, too. */
  @Override
  public void close() {
    beginning = false;
    sending = false;
  }

  private void join() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(PATIENCE.plusSeconds(1).toMillis());
    }
  }

  private void run(Random random) {
    while (beginning) {
      boolean single = random.nextBoolean();
      int count = single ? 1 : 1 + random.nextInt(MOST_IN_BATCH);
      int first = events.getAndAdd(count);
      boolean answered =
          single
              ? send(random, "/v1/track", event(first))
              : send(
                  random,
                  "/v1/batch",
                  IntStream.range(first, first + count)
                      .mapToObj(Clients::event)
                      .collect(Collectors.joining(",", "{\"batch\":[", "]}")));
      if (answered) {
        ledger.answered(first, count);
      }
      // A load that the webhooks can take: a backlog of the whole run would only make it longer.
      pause(random, 200);
    }
  }

  /** Whether the whole of a 200 came before the end. */
  private boolean send(Random random, String path, String body) {
    while (sending) {
      try {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(
                        URI.create(nodes.get(random.nextInt(nodes.size())).url() + path))
                    .timeout(PATIENCE)
                    .POST(BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() == 200 && answer.body().equals(ACCEPTED)) {
          return true;
        }
        if (answer.statusCode() != 503) {
          ledger.surprise("a sender was answered " + answer.statusCode() + " " + answer.body());
          return false;
        }
      } catch (IOException e) {
        // The process is gone, or not there yet: whether the events were taken is not known.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      pause(random, 100);
    }
    return false;
  }

  private static void pause(Random random, int mostMillis) {
    LockSupport.parkNanos(1 + random.nextInt(mostMillis * 1_000_000));
  }

  private static String event(int number) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\""
        + ID_PREFIX
        + number
        + "\",\"properties\":{\"note\":\""
        + "x".repeat(number % 400)
        + "\"}}";
  }
}
