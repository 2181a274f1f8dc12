package io.dromedary.delivery;

import io.dromedary.delivery.Permissions.Verdict;
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
 * Lets a round begin when the flow controls of its webhooks permit it, and lets it wait until then
 * without a thread. A webhook that is down or paused is left out of a round; where there is no
 * other, the round fails at once and its events go back to the outbox, but for one round, which
 * waits to be the next probe.
 *
 * <p>Retries and fresh events wait in queues of their own, one for each set of pending webhooks, so
 * that neither waits behind the other, nor behind what is pending elsewhere.
 *
 * <p>Thread-safe: {@code queueLock} guards the queues, which are bounded by what the outbox's
 * consumer has in flight, and by the memory that events may wait in.
 */
final class Admission extends AsyncProcessorSupport {

  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /** After so long a round goes without the webhook that holds it up, if others are enough. */
  private static final long LATE_NANOS = Duration.ofMillis(250).toNanos();

  private static final long LEAST_TICK_NANOS = Duration.ofNanos(500_000).toNanos();
  private static final long MOST_TICK_NANOS = Duration.ofMillis(500).toNanos();

  /** So that neither starve where there is one permission at a time: retries go first so seldom. */
  private static final int TURNS = 4;

  /**
   * A round that waits.
   *
   * @param isRetry whether it counts as in flight although it is only a retry
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

  /** By {@link WebhookStates#lane}: those that are only retries come first. */
  private final NavigableMap<Integer, Deque<Waiting>> queues = new TreeMap<>();

  private int turn;

  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger waitingRetries = new AtomicInteger();
  private long tickNanos = Long.MAX_VALUE;

  /**
   * The admission of a destination.
   *
   * @param workers go on with rounds that have waited
   */
  Admission(Destination destination, Executor workers) {
    this.destination = destination;
    this.permissions = new Permissions(destination);
    this.workers = workers;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Verdict verdict;
    Delivery.of(exchange).expectNothing();
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
    boolean isRetry = delivery.states().isOnlyRetried() && !delivery.isPaused();
    Waiting round = new Waiting(exchange, delivery, callback, isRetry, System.nanoTime());
    queue.addLast(round);
    count(round, 1);
    boolean waits = false;
    try {
      // A permission that came back before this was seen to wait has woken nobody.
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
   * Something may be permitted that was not: to be called whenever an attempt has ended, and now
   * and then, should the tick be missing. Throws nothing.
   */
  void wake() {
    if (waiting.get() == 0) {
      return;
    }
    // What goes on is out of the queues: whatever is thrown, the others go on, too.
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

  /** Looks at the first of a queue, and returns whether to look again. */
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
      // It would hold up those behind it.
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
      // The workers have ended, or the system has no thread left: its events can wait.
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

  /** Has a look taken when time alone may permit something. The caller has the lock. */
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

  /** How many rounds wait. */
  int waiting() {
    return waiting.get();
  }

  /** How many retries among them count as in flight: they must not take places of fresh ones. */
  int waitingRetries() {
    return waitingRetries.get();
  }

  /** Sends back all that waits: the destination stops. */
  void sendBack() {
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
