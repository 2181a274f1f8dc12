package io.dromedary.crash;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Who sends batches at a given rate, each again until it is taken. What is late because it was not
 * taken is not made up for. Thread-safe.
 */
final class SoakClients implements AutoCloseable {

  /** As many as fast as they can: the rate is not bounded. */
  static final int UNBOUNDED = Integer.MAX_VALUE;

  private static final int THREADS = 16;
  private static final int EVENTS = 20;
  private static final int BYTES = 300;
  private static final long RETRY_NANOS = 200_000_000;

  private final Sender sender;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicLong refusals = new AtomicLong();
  private final AtomicLong dueNanos = new AtomicLong(System.nanoTime());
  private final BitSet taken = new BitSet();
  private final List<Thread> threads;
  private volatile int rate = UNBOUNDED;
  private volatile boolean sending = true;

  SoakClients(Sender sender) {
    this.sender = sender;
    threads =
        IntStream.range(0, THREADS)
            .mapToObj(number -> new Thread(() -> run(new Random(number)), "soak-" + number))
            .toList();
    threads.forEach(thread -> thread.setDaemon(true));
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** From now on so many events a second. */
  void rate(int eventsPerSecond) {
    rate = eventsPerSecond;
  }

  /** The events that were taken. */
  BitSet taken() {
    synchronized (taken) {
      return (BitSet) taken.clone();
    }
  }

  int count() {
    synchronized (taken) {
      return taken.cardinality();
    }
  }

  /** How many attempts to send were refused or not answered. */
  long refusals() {
    return refusals.get();
  }

  /** Begins no more, and waits until all is taken that was begun. */
  void finish() throws InterruptedException {
    sending = false;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void run(Random random) {
    while (sending) {
      awaitTurn();
      int first = next.getAndAdd(EVENTS);
      String batch =
          IntStream.range(first, first + EVENTS)
              .mapToObj(SoakClients::event)
              .collect(Collectors.joining(",", "[", "]"));
      while (!send(random, batch)) {
        refusals.incrementAndGet();
        LockSupport.parkNanos(RETRY_NANOS);
      }
      synchronized (taken) {
        taken.set(first, first + EVENTS);
      }
    }
  }

  private void awaitTurn() {
    long gapNanos = 1_000_000_000L * EVENTS / rate;
    long now = System.nanoTime();
    long turn = dueNanos.updateAndGet(due -> Math.max(due, now - gapNanos) + gapNanos);
    for (long left = turn - System.nanoTime(); left > 0; left = turn - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private boolean send(Random random, String batch) {
    try {
      sender.send(random, batch);
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String event(int number) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\""
        + Clients.ID_PREFIX
        + number
        + "\",\"properties\":{\"note\":\""
        + "x".repeat(BYTES)
        + "\"}}";
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
