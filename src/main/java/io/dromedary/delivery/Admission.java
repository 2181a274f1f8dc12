package io.dromedary.delivery;

import io.dromedary.delivery.Permissions.Verdict;
import io.dromedary.delivery.attempt.AttemptTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The step that admits rounds. A round begins when the flow controls of its webhooks grant permits.
 * Until then it waits without a thread. A round does without webhooks that are down or paused. If
 * no other webhook is left, the round fails at once and its events go back to the outbox, except
 * for one round, which waits to be the next probe.
 *
 * <p>Retries and fresh events wait in separate queues, one for each set of pending webhooks, so
 * that neither waits behind the other or behind events that are pending elsewhere.
 *
 * <p>Thread-safe: {@code queueLock} guards the queues. They are bounded by the number of events
 * that the outbox's consumer has in flight and by the memory in which events may wait.
 */
public final class Admission extends AsyncProcessorSupport {

  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /**
   * After this time a round goes without the webhook that holds it up, if the others are enough.
   */
  private static final long LATE_NANOS = Duration.ofMillis(250).toNanos();

  private static final long LEAST_TICK_NANOS = Duration.ofNanos(500_000).toNanos();
  private static final long MOST_TICK_NANOS = Duration.ofMillis(500).toNanos();

  /**
   * With one permit at a time, retries go first once in so many turns, so that neither side
   * starves.
   */
  private static final int TURNS = 4;

  /**
   * A waiting round.
   *
   * @param isRetry whether it contains only retries and still counts as in flight
   */
  private record Waiting(
      Exchange exchange,
      Delivery delivery,
      AsyncCallback callback,
      boolean isRetry,
      long sinceNanos) {}

  private final Destination destination;
  private final Permissions permissions;
  private final Executor workers;
  private final ReentrantLock queueLock = new ReentrantLock();

  /** The queues by {@link WebhookStates#lane}: queues of retries come first. */
  private final NavigableMap<Integer, Deque<Waiting>> queues = new TreeMap<>();

  private int turn;

  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger waitingRetries = new AtomicInteger();
  private long tickNanos = Long.MAX_VALUE;

  /**
   * Creates the admission of a destination.
   *
   * @param workers continues rounds that have waited
   */
  public Admission(Destination destination, Executor workers) {
    this.destination = destination;
    this.permissions = new Permissions(destination);
    this.workers = workers;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Verdict verdict;
    Delivery.of(exchange).claims().expectNothing();
    queueLock.lock();
    try {
      verdict = enter(exchange, callback);
    } finally {
      queueLock.unlock();
    }
    if (verdict == Verdict.WAIT) {
      return false;
    }
    if (verdict == Verdict.REFUSED) {
      exchange.setException(refused(Delivery.of(exchange)));
    }
    callback.done(true);
    return true;
  }

  private Verdict enter(Exchange exchange, AsyncCallback callback) {
    Delivery delivery = Delivery.of(exchange);
    if (destination.isStopping()) {
      return Verdict.REFUSED;
    }
    Deque<Waiting> queue =
        queues.computeIfAbsent(delivery.states().lane(), key -> new ArrayDeque<>());
    Verdict verdict = queue.isEmpty() ? take(delivery, false) : Verdict.WAIT;
    if (verdict != Verdict.WAIT) {
      return verdict;
    }
    boolean isRetry = delivery.states().isOnlyRetried() && !delivery.claims().isPaused();
    Waiting round = new Waiting(exchange, delivery, callback, isRetry, System.nanoTime());
    queue.addLast(round);
    count(round, 1);
    boolean waits = false;
    try {
      // A permit that was given back before the round was in the queue has woken nothing.
      if (queue.size() == 1 && take(delivery, false) == Verdict.ADMITTED) {
        return Verdict.ADMITTED;
      }
      tick();
      waits = true;
    } finally {
      if (!waits) {
        queue.removeLast();
        count(round, -1);
      }
    }
    return Verdict.WAIT;
  }

  private Verdict take(Delivery delivery, boolean isLate) {
    return permissions.take(delivery, isLate, waiting.get() == 0);
  }

  /**
   * Admits waiting rounds that can begin now. To be called after each attempt, and regularly in
   * case the timer was missed. Throws nothing.
   */
  public void wake() {
    if (waiting.get() == 0) {
      return;
    }
    // These rounds are out of the queues, so each must continue even if another one throws.
    Deque<Runnable> ended = new ArrayDeque<>();
    queueLock.lock();
    try {
      boolean more = true;
      while (more) {
        more = false;
        boolean areRetriesFirst = turn == 0;
        for (Deque<Waiting> queue : (areRetriesFirst ? queues : queues.descendingMap()).values()) {
          more |= next(queue, ended);
        }
        turn = more ? (turn + 1) % TURNS : turn;
      }
      tick();
    } catch (RuntimeException | Error e) {
      LOG.error("Destination {}: rounds that wait cannot be looked at", name(), e);
    } finally {
      queueLock.unlock();
    }
    run(ended);
  }

  private void run(Deque<Runnable> ended) {
    for (Runnable each : ended) {
      try {
        each.run();
      } catch (RuntimeException | Error e) {
        LOG.error("Destination {}: a round that has waited fails", name(), e);
      }
    }
  }

  private String name() {
    return destination.settings().name();
  }

  /** Tries the first round of a queue. Returns whether to try again. */
  private boolean next(Deque<Waiting> queue, Deque<Runnable> ended) {
    Waiting first = queue.peekFirst();
    if (first == null) {
      return false;
    }
    count(first, -1);
    boolean isLate = System.nanoTime() - first.sinceNanos() >= LATE_NANOS;
    Runnable next;
    try {
      next =
          switch (take(first.delivery(), isLate)) {
            case ADMITTED -> () -> goOn(first);
            case REFUSED -> () -> end(first, refused(first.delivery()));
            case WAIT -> null;
          };
    } catch (RuntimeException | Error e) {
      // If it stayed, it would hold up the rounds behind it.
      next = () -> end(first, e);
    }
    if (next == null) {
      count(first, 1);
      return false;
    }
    queue.removeFirst();
    ended.add(next);
    return true;
  }

  private void goOn(Waiting round) {
    try {
      workers.execute(() -> round.callback().done(false));
    } catch (RuntimeException | Error e) {
      // The workers have ended, or the system has no thread left. The events can wait in the
      // outbox.
      LOG.debug("Destination {}: a round cannot go on", name(), e);
      round.delivery().round().cancel();
      end(round, refused(round.delivery()));
    }
  }

  private static void end(Waiting round, Throwable failure) {
    round.exchange().setException(failure);
    round.callback().done(false);
  }

  private static RoundFailedException refused(Delivery delivery) {
    delivery.skip();
    return new RoundFailedException("no webhook may be sent to at present");
  }

  /** Schedules the next try for when time may free a permit. The caller must hold the lock. */
  private void tick() {
    if (waiting.get() == 0) {
      return;
    }
    long wait = MOST_TICK_NANOS;
    for (Deque<Waiting> queue : queues.values()) {
      Waiting first = queue.peekFirst();
      wait = first == null ? wait : Math.min(wait, permissions.nanosUntilNext(first.delivery()));
    }
    wait = Math.max(LEAST_TICK_NANOS, wait);
    long at = System.nanoTime() + wait;
    if (tickNanos == Long.MAX_VALUE || at - tickNanos < 0) {
      Future<?> unused = AttemptTimer.after(Duration.ofNanos(wait), () -> ticked(at));
      tickNanos = at;
    }
  }

  private void ticked(long at) {
    queueLock.lock();
    try {
      if (tickNanos == at) {
        tickNanos = Long.MAX_VALUE;
      }
    } finally {
      queueLock.unlock();
    }
    wake();
  }

  private void count(Waiting round, int more) {
    waiting.addAndGet(more);
    if (round.isRetry()) {
      waitingRetries.addAndGet(more);
    }
  }

  /** Returns the number of waiting rounds. */
  public int waiting() {
    return waiting.get();
  }

  /**
   * Returns how many waiting retries count as in flight, so that they do not take the places of
   * fresh events.
   */
  public int waitingRetries() {
    return waitingRetries.get();
  }

  /** Sends all waiting rounds back to the outbox, because the destination stops. */
  public void sendBack() {
    Deque<Runnable> ended = new ArrayDeque<>();
    queueLock.lock();
    try {
      for (Deque<Waiting> queue : queues.values()) {
        queue.forEach(each -> ended.add(() -> end(each, refused(each.delivery()))));
      }
      queues.clear();
      waiting.set(0);
      waitingRetries.set(0);
    } finally {
      queueLock.unlock();
    }
    run(ended);
  }
}
