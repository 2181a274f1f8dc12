package io.dromedary.outbox;

import io.dromedary.outbox.store.DueRows;
import io.dromedary.outbox.store.Lane;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims due events for all destinations of an outbox, on one thread. The thread sleeps until the
 * first event is due or another thread wakes it. If the store is shared with other nodes, it asks
 * once a second, in one statement, for the events that they have added. Thread-safe.
 *
 * <p>No exception or error ends the thread. While claiming fails, {@link #failure} says why.
 */
final class Poller implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

  /** The longest sleep, since the clock may jump. */
  private static final long TICK_MILLIS = 1000;

  /** The longest sleep while a limit or memory holds events back, or with a clock set by a test. */
  private static final long SHORT_TICK_MILLIS = 50;

  /** How often a store that other nodes write to is asked for their events. */
  private static final long SHARED_POLL_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long CLOSE_SECONDS = 10;

  private final Outbox outbox;
  private final Clock clock;
  private final long tickMillis;
  private final Map<ClaimQueue, Claiming> queues = new ConcurrentHashMap<>();
  private @Nullable Thread thread;
  private volatile boolean closed;
  private volatile boolean awake = true;
  private volatile long sleepsUntilMillis = Long.MIN_VALUE;
  private volatile @Nullable String failure;

  /** Whether the thread is claiming at the moment; guarded by this. */
  private boolean isPassing;

  // Used by the thread only.
  private long polledNanos = System.nanoTime() - SHARED_POLL_NANOS;
  private long quietUntilNanos = System.nanoTime();

  Poller(Outbox outbox) {
    this.outbox = outbox;
    this.clock = outbox.clock();
    this.tickMillis = clock.equals(Clock.systemUTC()) ? TICK_MILLIS : SHORT_TICK_MILLIS;
  }

  /** Starts to claim for a queue. */
  synchronized void add(ClaimQueue queue) {
    if (thread == null) {
      Thread made = new Thread(this::run, "outbox-poller");
      made.setDaemon(true);
      made.start();
      thread = made;
    }
    queues.put(queue, new Claiming(outbox, queue));
    wake();
  }

  /** Stops claiming for a queue, and waits until the claims it has asked for have arrived. */
  synchronized void remove(ClaimQueue queue) throws InterruptedException {
    queues.remove(queue);
    wake();
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    while (isPassing && System.nanoTime() - endNanos < 0) {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, endNanos - System.nanoTime()));
    }
  }

  /** Wakes the thread, so that it claims at once. */
  void wake() {
    if (!awake) {
      awake = true;
      LockSupport.unpark(thread);
    }
  }

  /** Makes the thread claim at an instant at the latest. */
  void wakeBy(long millis) {
    if (millis < sleepsUntilMillis) {
      wake();
    }
  }

  /** Why no events are claimed, or null if claiming works. */
  synchronized @Nullable String failure() {
    return thread != null && !thread.isAlive() && !closed
        ? "the thread that claims events has ended"
        : failure;
  }

  private void run() {
    while (!closed) {
      try {
        // Clears a stray interrupt, which would keep the thread from sleeping.
        boolean unused = Thread.interrupted();
        awake = false;
        pass();
        failure = null;
        sleep();
      } catch (Throwable e) {
        tryLater(e);
      }
    }
  }

  private void tryLater(Throwable thrown) {
    try {
      failure = "claiming events fails: " + thrown;
      if (System.nanoTime() - quietUntilNanos >= 0) {
        quietUntilNanos = System.nanoTime() + QUIET_NANOS;
        LOG.error("Events cannot be claimed, which is tried again", thrown);
      }
      LockSupport.parkNanos(this, ClaimQueue.PAUSE.toNanos());
    } catch (Throwable e) {
      // Probably there is no memory left, so this cannot be logged, either.
    }
  }

  private void sleep() {
    // Until the end of the sleep is known, every call of wakeBy wakes the thread.
    sleepsUntilMillis = Long.MAX_VALUE;
    long nowMillis = clock.millis();
    long untilMillis = nowMillis + tickMillis;
    for (ClaimQueue queue : queues.keySet()) {
      untilMillis =
          queue.isHeldUp()
              ? Math.min(untilMillis, nowMillis + SHORT_TICK_MILLIS)
              : Math.min(untilMillis, queue.dueTimes().nextMillis());
    }
    sleepsUntilMillis = untilMillis;
    if (!awake && untilMillis > nowMillis) {
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(untilMillis - nowMillis));
    }
    sleepsUntilMillis = Long.MIN_VALUE;
  }

  private void pass() {
    synchronized (this) {
      isPassing = true;
    }
    try {
      claim();
    } finally {
      synchronized (this) {
        isPassing = false;
        notifyAll();
      }
    }
  }

  private void claim() {
    if (outbox.dialect().isShared() && System.nanoTime() - polledNanos >= SHARED_POLL_NANOS) {
      polledNanos = System.nanoTime();
      askForOthers();
    }
    List<Claiming> all = new ArrayList<>(queues.values());
    Throwable failed = null;
    // All claims are requested before the first answer is awaited, so they can share a transaction.
    for (Claiming each : all) {
      try {
        each.queue().sweep();
        each.ask();
      } catch (RuntimeException | Error e) {
        failed = e;
      }
    }
    for (Claiming each : all) {
      try {
        each.answer();
      } catch (RuntimeException | Error e) {
        failed = e;
      }
    }
    if (failed instanceof Error error) {
      throw error;
    }
    if (failed instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Finds out which events other nodes, or transactions of the host, have added to the store. */
  private void askForOthers() {
    List<String> destinations = queues.keySet().stream().map(ClaimQueue::destination).toList();
    long fromMillis = clock.millis();
    try {
      CompletableFuture<Map<String, DueRows.NextDue>> asked =
          outbox
              .access()
              .run((store, nowMillis) -> store.dueRows().nextDue(destinations, nowMillis));
      Map<String, DueRows.NextDue> next = asked.join();
      for (ClaimQueue queue : queues.keySet()) {
        DueRows.NextDue found = next.get(queue.destination());
        if (found != null) {
          queue.dueTimes().at(Lane.FRESH, fromMillis + found.freshMillis());
          queue.dueTimes().at(Lane.RETRY, fromMillis + found.retryMillis());
        }
      }
    } catch (CompletionException e) {
      // The store does not work. It has logged that, and wakes this thread when it works again.
    }
  }

  /** Stops the thread, and waits until the claims it has asked for have arrived. */
  @Override
  public void close() {
    closed = true;
    Thread running;
    synchronized (this) {
      running = thread;
    }
    LockSupport.unpark(running);
    if (running != null) {
      try {
        running.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
