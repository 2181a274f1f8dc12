package io.dromedary.crash;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Who sends single events and batches. Like an SDK, they send a request again, with the same
 * message ids, until it is answered.
 */
final class Clients implements AutoCloseable {

  /** What a message id starts with, before the number of the event. */
  static final String ID_PREFIX = "e-";

  private static final int THREADS = 4;
  static final int MOST_IN_BATCH = 50;

  private final Sender sender;
  private final int mostWaiting;
  private final Ledger ledger;
  private final List<Thread> threads;
  private final AtomicInteger events = new AtomicInteger();
  private volatile boolean beginning = true;
  private volatile boolean sending = true;

  Clients(Sender sender, int mostWaiting, Ledger ledger, long seed) {
    this.sender = sender;
    this.mostWaiting = mostWaiting;
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
      thread.join(HttpSender.PATIENCE.plusSeconds(1).toMillis());
    }
  }

  private void run(Random random) {
    while (beginning) {
      boolean single = random.nextBoolean();
      int count = single ? 1 : 1 + random.nextInt(MOST_IN_BATCH);
      int first = events.getAndAdd(count);
      String body =
          single
              ? event(first)
              : IntStream.range(first, first + count)
                  .mapToObj(Clients::event)
                  .collect(Collectors.joining(",", "[", "]"));
      if (send(random, body)) {
        ledger.answered(first, count);
      }
      // A load that the webhooks can take: a backlog of the whole run would only make it longer.
      do {
        pause(random, 200);
      } while (beginning && ledger.underWay() > mostWaiting);
    }
  }

  /** Whether they were taken before the end. */
  private boolean send(Random random, String body) {
    while (sending) {
      try {
        sender.send(random, body);
        return true;
      } catch (IOException e) {
        // The process is gone, or not there yet: whether the events were taken is not known.
      } catch (IllegalStateException e) {
        ledger.surprise(String.valueOf(e.getMessage()));
        return false;
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
