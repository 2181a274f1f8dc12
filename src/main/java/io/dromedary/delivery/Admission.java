package io.dromedary.delivery;

import io.dromedary.delivery.flow.Permit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;
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

  /** How long a webhook that has held rounds up so long is not waited for any more. */
  private static final long LAGGING_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long LEAST_TICK_NANOS = Duration.ofNanos(500_000).toNanos();
  private static final long MOST_TICK_NANOS = Duration.ofMillis(500).toNanos();

  /** So that neither starve where there is one permission at a time: retries go first so seldom. */
  private static final int TURNS = 4;

  private enum Verdict {
    ADMITTED,
    WAIT,
    REFUSED
  }

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
  private final List<Webhook> webhooks;
  private final Executor workers;
  private final ReentrantLock queueLock = new ReentrantLock();

  /** By {@link Delivery#lane}: those that are only retries come first. */
  private final NavigableMap<Integer, Deque<Waiting>> queues = new TreeMap<>();

  private int turn;

  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger waitingRetries = new AtomicInteger();
  private long tickNanos = Long.MAX_VALUE;

  /** By webhook: until when it is not waited for. */
  private final long[] laggingUntilNanos;

  /**
   * The admission of a destination.
   *
   * @param workers go on with rounds that have waited
   */
  Admission(Destination destination, Executor workers) {
    this.destination = destination;
    this.webhooks = destination.webhooks();
    this.workers = workers;
    this.laggingUntilNanos = new long[webhooks.size()];
    long now = System.nanoTime();
    for (int i = 0; i < laggingUntilNanos.length; i++) {
      laggingUntilNanos[i] = now;
    }
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
    Deque<Waiting> queue = queues.computeIfAbsent(delivery.lane(), key -> new ArrayDeque<>());
    Verdict verdict = queue.isEmpty() ? admit(delivery, false) : Verdict.WAIT;
    if (verdict != Verdict.WAIT) {
      return verdict;
    }
    boolean isRetry = delivery.isOnlyRetried() && !delivery.isPaused();
    Waiting round = new Waiting(exchange, delivery, callback, isRetry, System.nanoTime());
    queue.addLast(round);
    count(round, 1);
    boolean waits = false;
    try {
      // A permission that came back before this was seen to wait has woken nobody.
      if (queue.size() == 1 && admit(delivery, false) == Verdict.ADMITTED) {
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

  /**
   * Takes the permissions of a round.
   *
   * @param isLate whether it has waited so long that it goes without a webhook it need not have
   */
  private Verdict admit(Delivery delivery, boolean isLate) {
    if (!delivery.mayResume()) {
      return Verdict.WAIT;
    }
    int[] due = delivery.due(destination.clock().instant());
    @Nullable Permit[] permits = new Permit[due.length];
    Verdict verdict = Verdict.REFUSED;
    try {
      verdict = acquire(delivery, due, permits, isLate);
      if (verdict == Verdict.ADMITTED) {
        delivery.admit(due, permits);
        // Not before: what waits here must not take the places of those that might begin.
        delivery.resume();
      }
    } finally {
      if (verdict != Verdict.ADMITTED) {
        for (Permit permit : permits) {
          if (permit != null) {
            Delivery.cancel(permit);
          }
        }
      }
    }
    return verdict;
  }

  private Verdict acquire(
      Delivery delivery, int[] due, @Nullable Permit[] permits, boolean isLate) {
    int granted = 0;
    int heldUpBy = -1;
    for (int i = 0; i < due.length; i++) {
      Webhook webhook = webhooks.get(due[i]);
      permits[i] = webhook.flow().tryAcquire(delivery.eventId(), delivery.isRetry(due[i]));
      if (permits[i] != null) {
        granted++;
      } else if (!webhook.isClosed() && laggingUntilNanos[due[i]] - System.nanoTime() <= 0) {
        heldUpBy = due[i];
      }
    }
    boolean isEnough = granted > 0 && granted >= delivery.missing(destination.settings().acks());
    if (heldUpBy >= 0 && isLate && isEnough) {
      laggingUntilNanos[heldUpBy] = System.nanoTime() + LAGGING_NANOS;
      heldUpBy = -1;
    }
    if (granted > 0 && heldUpBy < 0) {
      return Verdict.ADMITTED;
    }
    // One waits to be the next probe; more would only keep memory and claims.
    return heldUpBy >= 0 || (due.length > 0 && waiting.get() == 0) ? Verdict.WAIT : Verdict.REFUSED;
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
          switch (admit(first.delivery(), isLate)) {
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
      round.delivery().cancelPermits();
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
      wait = first == null ? wait : Math.min(wait, nanosUntilNext(first.delivery()));
    }
    wait = Math.max(LEAST_TICK_NANOS, wait);
    long at = System.nanoTime() + wait;
    if (tickNanos == Long.MAX_VALUE || at - tickNanos < 0) {
      Future<?> unused = AttemptTimer.after(Duration.ofNanos(wait), () -> ticked(at));
      tickNanos = at;
    }
  }

  private long nanosUntilNext(Delivery delivery) {
    long wait = Long.MAX_VALUE;
    for (int i = 0; i < webhooks.size(); i++) {
      if (delivery.state(i) == Delivery.State.PENDING) {
        wait = Math.min(wait, webhooks.get(i).flow().nanosUntilNext(delivery.isRetry(i)));
      }
    }
    return wait;
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
