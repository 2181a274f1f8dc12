package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.builder.ThreadPoolProfileBuilder;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.util.concurrent.ThreadPoolRejectedPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes the events of a destination. As long as there is room in flight and nothing older waits
 * in the store, events come straight from their commit, without being read back. Otherwise due
 * events are claimed. Each event becomes an exchange, whose completion settles the claim. The
 * {@link ClaimQueue} decides which event starts next. When the consumer is stopped or suspended,
 * events that no exchange carries yet go back to the store.
 *
 * <p>It is suspendable so that Camel's shutdown stops it last. If it were stopped at once, it would
 * give back the events in flight, and those delivered meanwhile would be delivered twice.
 */
final class OutboxConsumer extends DefaultConsumer
    implements ClaimQueue.Deliverer, ShutdownAware, Suspendable {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxConsumer.class);

  /** Failures are logged at most once in this time. */
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private final OutboxEndpoint endpoint;

  /** When the next failure may be logged. */
  private final AtomicLong quietUntilNanos = new AtomicLong(System.nanoTime());

  private Outbox outbox;
  private Clock clock;
  private FailedExchanges failed;
  private ExecutorService executor;

  /** New at each start, so that claims left from an earlier start do not count. */
  private @Nullable ClaimQueue queue;

  @SuppressWarnings("NullAway") // Set when the consumer starts, before any other call.
  OutboxConsumer(OutboxEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    this.endpoint = endpoint;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    checkExecutor(endpoint.getExecutorService());
    outbox = endpoint.outbox();
    clock = outbox.clock();
    failed = new FailedExchanges(endpoint, clock);
    String name = endpoint.getName();
    InFlightLimit limit =
        new InFlightLimit(outbox, name, endpoint.getInFlight(), endpoint.getLimit());
    ClaimQueue made = new ClaimQueue(outbox, name, limit, this);
    try {
      outbox.listeners().register(name, made);
    } catch (IllegalStateException e) {
      made.close();
      throw e;
    }
    queue = made;
    OutboxMeters.register(endpoint.getCamelContext(), outbox, name, made.places()::started);
    ExecutorService given = endpoint.getExecutorService();
    executor = given != null ? given : threads("outbox-" + name);
    made.begin();
  }

  /**
   * Makes the pool. Its queue needs no bound, since the number of running exchanges is bounded. So
   * no task is rejected, or run by its caller.
   */
  private ExecutorService threads(String name) {
    return endpoint
        .getCamelContext()
        .getExecutorServiceManager()
        .newThreadPool(
            this,
            name,
            new ThreadPoolProfileBuilder(name)
                .poolSize(endpoint.getInFlight())
                .maxPoolSize(endpoint.getInFlight())
                .maxQueueSize(Integer.MAX_VALUE)
                .rejectedPolicy(ThreadPoolRejectedPolicy.Abort)
                .build());
  }

  /** Refuses a pool that runs tasks on its caller, which would hold up all destinations. */
  private void checkExecutor(@Nullable ExecutorService given) {
    if (given instanceof ThreadPoolExecutor pool
        && pool.getRejectedExecutionHandler() instanceof ThreadPoolExecutor.CallerRunsPolicy
        && pool.getQueue().remainingCapacity() < Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The executorService of outbox:"
              + endpoint.getName()
              + " has the rejected policy CallerRuns and a bounded queue: expected Abort.");
    }
  }

  @Override
  protected void doSuspend() throws Exception {
    ClaimQueue now = queue;
    if (now != null) {
      now.end();
    }
  }

  @Override
  protected void doResume() {
    ClaimQueue now = queue;
    if (now != null) {
      now.begin();
    }
  }

  @Override
  @SuppressWarnings("NullAway") // The executor is null if the start has failed.
  protected void doStop() throws Exception {
    ClaimQueue now = queue;
    if (now != null) {
      now.end();
      outbox.listeners().unregister(endpoint.getName(), now);
      now.close();
      queue = null;
    }
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
    // Events without an exchange go back to the store at once. The context counts the exchanges.
    return 0;
  }

  @Override
  public void prepareShutdown(boolean suspendOnly, boolean forced) {
    // The consumer is suspended before. This call may be late, when the route has been restarted.
  }

  @Override
  public void start(Claim claim) {
    try {
      // Handles anything that is thrown, even before the first line of deliver().
      CompletableFuture<Void> unused =
          CompletableFuture.runAsync(() -> deliver(claim), executor)
              .exceptionally(
                  e -> {
                    cannotStart(claim, e);
                    return null;
                  });
    } catch (RejectedExecutionException e) {
      giveBack(claim, Duration.ZERO);
    } catch (RuntimeException | Error e) {
      // There may be no thread or no memory left, so an immediate retry would fail again.
      cannotStart(claim, e);
    }
  }

  private void cannotStart(Claim claim, Throwable why) {
    report("an event cannot be started", why);
    giveBack(claim, ClaimQueue.PAUSE);
  }

  @Override
  public Duration retryDelay() {
    return endpoint.getRetryDelay();
  }

  @Override
  public void giveBack(Claim claim, Duration after) {
    try {
      OutboxEvent event = claim.event();
      claim.settle(
          new Settlement.Parked(clock.instant().plus(after), event.attempts(), event.progress()));
    } catch (RuntimeException | Error e) {
      lose(claim, e);
    }
  }

  /** Leaves a claim to the poller to settle. Otherwise its room and row would be held forever. */
  private void lose(Claim claim, Throwable failure) {
    claim.lose();
    report("an event is settled later", failure);
  }

  private void deliver(Claim claim) {
    ClaimQueue now = queue;
    if (now == null || !now.isTaking() || !claim.isHeldFor(0)) {
      giveBack(claim, Duration.ZERO);
      return;
    }
    Exchange exchange = createExchange(false);
    Message message = exchange.getMessage();
    message.setBody(claim.event().body());
    message.setHeader(OutboxEndpoint.MESSAGE_ID, claim.event().messageId());
    message.setHeader(OutboxEndpoint.TYPE, claim.event().type());
    exchange.setProperty(Claim.PROPERTY, claim);
    claim.carryBy(exchange, done -> settle(claim, done));
    process(claim, exchange);
  }

  private void process(Claim claim, Exchange exchange) {
    try {
      getAsyncProcessor().process(exchange, doneSync -> releaseExchange(exchange, false));
    } catch (RuntimeException | Error e) {
      // Camel lets errors through. A claim that is not settled would hold its room forever.
      exchange.setException(e);
      settle(claim, exchange);
      getExceptionHandler().handleException(exchange.getException());
    }
  }

  /** Logs a failure, unless another was logged a short time ago. */
  private void report(String what, Throwable failure) {
    long nowNanos = System.nanoTime();
    long quiet = quietUntilNanos.get();
    if (nowNanos - quiet >= 0 && quietUntilNanos.compareAndSet(quiet, nowNanos + QUIET_NANOS)) {
      LOG.error("Destination {}: {}", endpoint.getName(), what, failure);
    }
  }

  /** Settles a claim when its exchange, or the one it was handed over to, is done. */
  private void settle(Claim claim, Exchange exchange) {
    try {
      Settlement settlement = exchange.getProperty(Settlement.PROPERTY, Settlement.class);
      if (settlement == null) {
        boolean hasFailed = exchange.isFailed() || exchange.isRollbackOnly();
        settlement = hasFailed ? failed.settlement(claim, exchange) : Settlement.DONE;
      }
      claim.settle(settlement);
    } catch (RuntimeException | Error e) {
      // Camel would only log it, and the claim would never be settled.
      lose(claim, e);
    }
  }
}
