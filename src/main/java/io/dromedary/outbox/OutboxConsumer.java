package io.dromedary.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the events of a destination out of the outbox: those that have just been committed without
 * reading them back, as long as there is room in flight and nothing older waits in the store, and
 * otherwise by claiming what is due. Each event is an exchange, whose completion settles it.
 *
 * <p>An event is in flight from the start of its exchange until its settlement is committed: so no
 * more are delivered twice after a crash than may be in flight ({@code started}). More are held
 * ready than that, since what is handed on need not be claimed ({@code held}, which counts both).
 * Claims stay in {@code open} until their settlement is committed, so that a stop can give them
 * back. A thread of its own claims; everybody else only wakes it. When the consumer is stopped or
 * suspended, events that no exchange carries yet go back to the store.
 *
 * <p>It is suspendable so that Camel's shutdown stops it last: one that is stopped at once would
 * give back what is in flight, and what was delivered then would be delivered again.
 */
final class OutboxConsumer extends DefaultConsumer implements Taker, ShutdownAware, Suspendable {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxConsumer.class);

  private static final int MOST_CLAIMED = 500;

  /** What an event of Dromedary's own has at the most, or not much less. */
  private static final int MOST_BYTES = 32 * 1024;

  /**
   * However long events are, those that are held ready take no more than an eighth of the heap, of
   * which each consumer has a share.
   */
  private static final int READY =
      (int) Math.min(4096, Runtime.getRuntime().maxMemory() / 8 / MOST_BYTES);

  /** How long the thread sleeps when nobody wakes it: clocks may jump. */
  private static final long TICK_NANOS = Duration.ofMillis(50).toNanos();

  /** How often a store is asked that other nodes write to, too. */
  private static final long SHARED_POLL_NANOS = Duration.ofSeconds(1).toNanos();

  /** What has failed for want of a thread or of memory is not tried again at once. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** How often a failure is logged. */
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private final OutboxEndpoint endpoint;
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger started = new AtomicInteger();
  private final Queue<Claim> ready = new ConcurrentLinkedQueue<>();
  private final Map<Long, Claim> open = new ConcurrentHashMap<>();
  private Outbox outbox;
  private Clock clock;
  private ExecutorService executor;
  private IntSupplier limit;
  private int inFlight;
  private @Nullable Thread poller;
  private volatile boolean taking;
  private volatile boolean limitFails;

  /** Why nothing is claimed, or null. */
  private volatile @Nullable String failure;

  /** When a failure may be logged again. */
  private final AtomicLong quietUntilNanos = new AtomicLong(System.nanoTime());

  /** Whether something may be due in the store that nobody has claimed. */
  private volatile boolean backlog = true;

  // Of the poller's thread.
  private long polledNanos = System.nanoTime() - SHARED_POLL_NANOS;
  private long sweptNanos = System.nanoTime();

  private final AtomicLong nextDueMillis = new AtomicLong(Long.MIN_VALUE);

  @SuppressWarnings("NullAway") // Set when the consumer starts, before anybody calls it.
  OutboxConsumer(OutboxEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    this.endpoint = endpoint;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    inFlight = endpoint.getInFlight();
    outbox = endpoint.outbox();
    clock = outbox.clock();
    IntSupplier moment = endpoint.getLimit();
    limit = moment == null ? () -> inFlight : moment;
    // After a stop nobody tells what has become of the claims of before.
    open.clear();
    held.set(0);
    started.set(0);
    outbox.register(endpoint.getName(), this);
    OutboxMeters.register(endpoint.getCamelContext(), outbox, endpoint.getName(), started::get);
    ExecutorService given = endpoint.getExecutorService();
    executor =
        given != null
            ? given
            : endpoint
                .getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, "outbox-" + endpoint.getName(), inFlight);
    begin();
  }

  private void begin() {
    taking = true;
    backlog = true;
    Thread thread = new Thread(this::poll, "outbox-" + endpoint.getName() + "-poller");
    thread.setDaemon(true);
    poller = thread;
    thread.start();
  }

  private void end() throws InterruptedException {
    taking = false;
    Thread thread = poller;
    if (thread != null) {
      LockSupport.unpark(thread);
      thread.join();
      poller = null;
    }
    for (Claim claim = ready.poll(); claim != null; claim = ready.poll()) {
      giveBack(claim, Duration.ZERO);
    }
  }

  @Override
  protected void doSuspend() throws Exception {
    end();
  }

  @Override
  protected void doResume() {
    begin();
  }

  @Override
  @SuppressWarnings("NullAway") // It is null where the store could not be opened.
  protected void doStop() throws Exception {
    if (outbox == null) {
      super.doStop();
      return;
    }
    end();
    outbox.unregister(endpoint.getName(), this);
    // Also what waits in memory for an exchange that will not go on any more.
    open.values().forEach(claim -> giveBack(claim, Duration.ZERO));
    if (endpoint.getExecutorService() == null && executor != null) {
      endpoint.getCamelContext().getExecutorServiceManager().shutdown(executor);
    }
    super.doStop();
  }

  @Override
  public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
    return false;
  }

  @Override
  public int getPendingExchangesSize() {
    // What no exchange carries goes back at once; exchanges are counted by the context.
    return 0;
  }

  @Override
  public void prepareShutdown(boolean suspendOnly, boolean forced) {
    // It is suspended first. This may come late, when the route has been started again.
  }

  @Override
  public @Nullable String failure() {
    Thread thread = poller;
    return taking && thread != null && !thread.isAlive()
        ? "the thread that claims for destination " + endpoint.getName() + " has ended"
        : failure;
  }

  /** How many events may be held now. */
  private int allowed() {
    int now;
    try {
      now = limit.getAsInt();
      if (limitFails) {
        limitFails = false;
        failure = null;
      }
    } catch (RuntimeException | Error e) {
      if (!limitFails) {
        LOG.error("Destination {} is paused: its limit fails", endpoint.getName(), e);
      }
      // It is somebody else's code: neither the poller nor the store's writer may end by it.
      limitFails = true;
      failure = "the limit of destination " + endpoint.getName() + " fails: " + e;
      return 0;
    }
    return now >= inFlight ? inFlight + READY / Math.max(1, outbox.takers()) : now;
  }

  @Override
  public int reserve(int wanted) {
    if (!taking || backlog) {
      return 0;
    }
    return reserveUpTo(wanted);
  }

  private int reserveUpTo(int wanted) {
    int allowed = allowed();
    while (true) {
      int now = held.get();
      int granted = Math.min(wanted, allowed - now);
      if (granted <= 0) {
        return 0;
      }
      if (held.compareAndSet(now, now + granted)) {
        return granted;
      }
    }
  }

  @Override
  public void giveBack(int reserved) {
    int now = held.addAndGet(-reserved);
    if (backlog && allowed() - now >= worthwhile()) {
      LockSupport.unpark(poller);
    }
  }

  @Override
  public void paused() {
    started.decrementAndGet();
    giveBack(1);
    startReady();
  }

  @Override
  public boolean resumed() {
    held.incrementAndGet();
    return started.incrementAndGet() <= 2L * inFlight;
  }

  @Override
  public void due() {
    backlog = true;
    if (allowed() - held.get() >= worthwhile()) {
      LockSupport.unpark(poller);
    }
  }

  /**
   * How much room there has to be before it is worth a claim, which costs the same for any number.
   */
  private int worthwhile() {
    return Math.max(1, Math.min(MOST_CLAIMED, allowed() / 4));
  }

  @Override
  public void settled(Claim claim, Settlement settlement) {
    // Not what an earlier start of this consumer has held: that is no longer counted.
    if (open.remove(claim.id(), claim) && !claim.isPaused()) {
      if (claim.isStarted()) {
        started.decrementAndGet();
      }
      giveBack(1);
    }
    startReady();
    if (settlement instanceof Settlement.Parked parked) {
      // Only ever too early: the poller asks the store for the instant after that.
      nextDueMillis.accumulateAndGet(parked.dueAt().toEpochMilli(), Math::min);
    }
  }

  @Override
  public void take(List<Claim> claims) {
    for (Claim claim : claims) {
      try {
        open.put(claim.id(), claim);
        ready.add(claim);
      } catch (RuntimeException | Error e) {
        lose(claim, e);
        giveBack(claim, PAUSE);
      }
    }
    startReady();
  }

  /** Starts exchanges as far as there may be more in flight. */
  private void startReady() {
    while (!ready.isEmpty()) {
      int now = started.get();
      if (now >= inFlight) {
        return;
      }
      if (started.compareAndSet(now, now + 1)) {
        Claim claim = ready.poll();
        if (claim == null) {
          started.decrementAndGet();
        } else {
          start(claim);
        }
      }
    }
  }

  private void start(Claim claim) {
    claim.start();
    try {
      executor.execute(() -> deliver(claim));
    } catch (RejectedExecutionException e) {
      giveBack(claim, Duration.ZERO);
    } catch (RuntimeException | Error e) {
      // It may be for want of a thread or of memory: at once it would fail again.
      report("an event cannot be started", e);
      giveBack(claim, PAUSE);
    }
  }

  /** Gives a claim back, so that it is due again after a while. */
  private void giveBack(Claim claim, Duration after) {
    try {
      OutboxEvent event = claim.event();
      claim.settle(
          new Settlement.Parked(clock.instant().plus(after), event.attempts(), event.progress()));
    } catch (RuntimeException | Error e) {
      lose(claim, e);
    }
  }

  /** Has the poller settle a claim: without that, its room and its row would be held for good. */
  private void lose(Claim claim, Throwable failure) {
    claim.lose();
    report("an event is settled later", failure);
  }

  private void deliver(Claim claim) {
    if (!taking || !claim.isHeldFor(0)) {
      giveBack(claim, Duration.ZERO);
      return;
    }
    try {
      Exchange exchange = createExchange(false);
      Message message = exchange.getMessage();
      message.setBody(claim.event().body());
      message.setHeader(OutboxEndpoint.MESSAGE_ID, claim.event().messageId());
      message.setHeader(OutboxEndpoint.TYPE, claim.event().type());
      exchange.setProperty(Claim.PROPERTY, claim);
      claim.carryBy(exchange, done -> settle(claim, done));
      process(claim, exchange);
    } catch (RuntimeException | Error e) {
      report("an event cannot be started", e);
      giveBack(claim, PAUSE);
    }
  }

  private void process(Claim claim, Exchange exchange) {
    try {
      getAsyncProcessor().process(exchange, doneSync -> releaseExchange(exchange, false));
    } catch (RuntimeException | Error e) {
      // Camel lets errors through. A claim that nobody settles would hold its room for good.
      exchange.setException(e);
      settle(claim, exchange);
      getExceptionHandler().handleException(exchange.getException());
    }
  }

  /** Logs a failure, but not more than one in a while. */
  private void report(String what, Throwable failure) {
    long nowNanos = System.nanoTime();
    long quiet = quietUntilNanos.get();
    if (nowNanos - quiet >= 0 && quietUntilNanos.compareAndSet(quiet, nowNanos + QUIET_NANOS)) {
      LOG.error("Destination {}: {}", endpoint.getName(), what, failure);
    }
  }

  /** Settles a claim when its exchange is done, or the one that it was handed over to. */
  private void settle(Claim claim, Exchange exchange) {
    try {
      Settlement settlement = exchange.getProperty(Settlement.PROPERTY, Settlement.class);
      if (settlement == null) {
        boolean failed = exchange.isFailed() || exchange.isRollbackOnly();
        settlement = failed ? failed(claim, exchange) : Settlement.DONE;
      }
      claim.settle(settlement);
    } catch (RuntimeException | Error e) {
      // Camel would log it and forget the claim.
      lose(claim, e);
    }
  }

  private Settlement failed(Claim claim, Exchange exchange) {
    OutboxEvent event = claim.event();
    Instant now = clock.instant();
    String why = String.valueOf(exchange.getException());
    if (now.isBefore(event.acceptedAt().plus(endpoint.getRetryWindow()))) {
      LOG.warn(
          "Destination {}: event {} is tried again in {}: {}",
          endpoint.getName(),
          event.messageId(),
          endpoint.getRetryDelay(),
          why);
      return new Settlement.Parked(
          now.plus(endpoint.getRetryDelay()), event.attempts() + 1, event.progress());
    }
    return new Settlement.Dead(
        new DeadLetter(
            claim.id(),
            endpoint.getName(),
            event,
            DeadLetter.Reason.EXPIRED,
            why,
            null,
            null,
            null,
            now,
            null));
  }

  /** Claims what is due, until the consumer stops; nothing that is thrown ends it. */
  private void poll() {
    boolean fails = false;
    while (taking) {
      try {
        settleLost();
        boolean isIdle = !claimIfDue();
        if (fails) {
          fails = false;
          failure = null;
        }
        if (isIdle) {
          LockSupport.parkNanos(this, TICK_NANOS);
        }
      } catch (RuntimeException | Error e) {
        fails = true;
        failure = "claiming for destination " + endpoint.getName() + " fails: " + e;
        report("claiming fails, and is tried again", e);
        LockSupport.parkNanos(this, PAUSE.toNanos());
      }
    }
  }

  /** Settles, once in a while, what could not be settled when it was to be. */
  private void settleLost() {
    if (System.nanoTime() - sweptNanos >= PAUSE.toNanos()) {
      sweptNanos = System.nanoTime();
      for (Claim claim : open.values()) {
        if (claim.isLost()) {
          giveBack(claim, PAUSE);
        }
      }
    }
  }

  /** Returns whether there was something to do. */
  private boolean claimIfDue() {
    boolean isDue =
        backlog
            || clock.millis() >= nextDueMillis.get()
            || (outbox.isShared() && System.nanoTime() - polledNanos >= SHARED_POLL_NANOS);
    int room = isDue ? reserveUpTo(MOST_CLAIMED) : 0;
    if (room > 0 && room < worthwhile() && held.get() > room) {
      held.addAndGet(-room);
      room = 0;
    }
    if (room == 0) {
      return false;
    }
    polledNanos = System.nanoTime();
    claim(room);
    return true;
  }

  private void claim(int room) {
    // First: what becomes due while the claim is on its way must not be overlooked.
    backlog = false;
    nextDueMillis.set(Long.MAX_VALUE);
    // Of before the claim: too early rather than too late.
    long fromMillis = clock.millis();
    List<Claim> claims = List.of();
    try {
      Work.Due due = outbox.claimDue(endpoint.getName(), room).join();
      claims = due.claims();
      if (claims.size() == room) {
        backlog = true;
      } else {
        long next = fromMillis + due.nextMillis();
        nextDueMillis.accumulateAndGet(next < 0 ? Long.MAX_VALUE : next, Math::min);
      }
    } catch (CompletionException e) {
      // The store does not work; it has said so, and asks us to come again when it does.
      backlog = true;
      LockSupport.parkNanos(this, TICK_NANOS);
    }
    held.addAndGet(claims.size() - room);
    List<Claim> fresh = claims.stream().filter(this::isNew).toList();
    held.addAndGet(fresh.size() - claims.size());
    take(fresh);
  }

  /** A lease that has ended may be this node's own: then the event goes on as it was. */
  private boolean isNew(Claim claim) {
    Claim earlier = open.get(claim.id());
    if (earlier == null) {
      return true;
    }
    earlier.renew(claim);
    return false;
  }
}
