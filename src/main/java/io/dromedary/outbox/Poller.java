package io.dromedary.outbox;

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
 * One thread that claims what is due, for all destinations of an outbox. It sleeps until the first
 * is due or somebody wakes it; a store that is shared it asks once a second, in one statement, what
 * others have put into it. Thread-safe.
 *
 * <p>Nothing that is thrown ends it. While it fails, {@link #failure} says so.
 */
final class Poller implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

  /** Clocks may jump: it looks at them so often. */
  private static final long TICK_MILLIS = 1000;

  /** So often where a limit or memory is in the way, or a clock that somebody may move. */
  private static final long SHORT_TICK_MILLIS = 50;

  /** How often a store is asked that other nodes write to, too. */
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

  /** Destinations whose claims are on their way; guarded by this. */
  private boolean isPassing;

  // Of the thread.
  private long polledNanos = System.nanoTime() - SHARED_POLL_NANOS;
  private long quietUntilNanos = System.nanoTime();

  Poller(Outbox outbox) {
    this.outbox = outbox;
    this.clock = outbox.clock();
    this.tickMillis = clock.equals(Clock.systemUTC()) ? TICK_MILLIS : SHORT_TICK_MILLIS;
  }

  /** From now on it claims for that queue. */
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

  /** Claims no more for that queue, and waits until what it had asked for has come. */
  synchronized void remove(ClaimQueue queue) throws InterruptedException {
    queues.remove(queue);
    wake();
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    while (isPassing && System.nanoTime() - endNanos < 0) {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, endNanos - System.nanoTime()));
    }
  }

  /** Has it look at once. */
  void wake() {
    if (!awake) {
      awake = true;
      LockSupport.unpark(thread);
    }
  }

  /** Has it look at an instant at the latest. */
  void wakeBy(long millis) {
    if (millis < sleepsUntilMillis) {
      wake();
    }
  }

  /** Why nothing is claimed, or null. */
  synchronized @Nullable String failure() {
    return thread != null && !thread.isAlive() && !closed
        ? "the thread that claims events has ended"
        : failure;
  }

  private void run() {
    while (!closed) {
      try {
        // Meant for nobody here; it would not sleep any more.
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
      // For want of memory, probably: then nothing can be said, either.
    }
  }

  private void sleep() {
    // Whoever has something earlier wakes it until it is said until when it sleeps.
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
    if (outbox.isShared() && System.nanoTime() - polledNanos >= SHARED_POLL_NANOS) {
      polledNanos = System.nanoTime();
      askForOthers();
    }
    List<Claiming> all = new ArrayList<>(queues.values());
    Throwable failed = null;
    // First all are asked for, so that they may be one transaction.
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

  /** Finds out what other nodes, or transactions of a host, have put into the store. */
  private void askForOthers() {
    List<String> destinations = queues.keySet().stream().map(ClaimQueue::destination).toList();
    long fromMillis = clock.millis();
    try {
      CompletableFuture<Map<String, DueRows.NextDue>> asked =
          outbox.run((store, nowMillis) -> store.dueRows().nextDue(destinations, nowMillis));
      Map<String, DueRows.NextDue> next = asked.join();
      for (ClaimQueue queue : queues.keySet()) {
        DueRows.NextDue found = next.get(queue.destination());
        if (found != null) {
          queue.dueTimes().at(Lane.FRESH, fromMillis + found.freshMillis());
          queue.dueTimes().at(Lane.RETRY, fromMillis + found.retryMillis());
        }
      }
    } catch (CompletionException e) {
      // The store does not work; it has said so, and asks us to come again when it does.
    }
  }

  /** Ends when what it has asked for has come. */
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
