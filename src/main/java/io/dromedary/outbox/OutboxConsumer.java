package io.dromedary.outbox;

import io.dromedary.logging.Printable;
import io.dromedary.logging.RepeatedLines;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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
 * Takes the events of a destination out of the outbox: those that have just been committed without
 * reading them back, as long as there is room in flight and nothing older waits in the store, and
 * otherwise by claiming what is due. Each event is an exchange, whose completion settles it. Which
 * may begin is decided by its {@link ClaimQueue}. When the consumer is stopped or suspended, events
 * that no exchange carries yet go back to the store.
 *
 * <p>It is suspendable so that Camel's shutdown stops it last: one that is stopped at once would
 * give back what is in flight, and what was delivered then would be delivered again.
 */
final class OutboxConsumer extends DefaultConsumer
    implements ClaimQueue.Deliverer, ShutdownAware, Suspendable {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxConsumer.class);

  /** How often a failure is logged. */
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private final OutboxEndpoint endpoint;

  /** When a failure may be logged again. */
  private final AtomicLong quietUntilNanos = new AtomicLong(System.nanoTime());

  /** Of exchanges that have failed: whether they are tried again. */
  private final RepeatedLines<Boolean> failed = new RepeatedLines<>();

  private Outbox outbox;
  private Clock clock;
  private ExecutorService executor;

  /** What an earlier start has left is none of the business of this one. */
  private @Nullable ClaimQueue queue;

  @SuppressWarnings("NullAway") // Set when the consumer starts, before anybody calls it.
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
    String name = endpoint.getName();
    InFlightLimit limit =
        new InFlightLimit(outbox, name, endpoint.getInFlight(), endpoint.getLimit());
    ClaimQueue made = new ClaimQueue(outbox, name, limit, this);
    try {
      outbox.register(name, made);
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

  /** What runs at once is bounded before: nothing is rejected, or run by whoever hands it over. */
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

  /** A route on the thread of its caller would hold up the events of all destinations. */
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
  @SuppressWarnings("NullAway") // It has no threads where it could not be started.
  protected void doStop() throws Exception {
    ClaimQueue now = queue;
    if (now != null) {
      now.end();
      outbox.unregister(endpoint.getName(), now);
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
    // What no exchange carries goes back at once; exchanges are counted by the context.
    return 0;
  }

  @Override
  public void prepareShutdown(boolean suspendOnly, boolean forced) {
    // It is suspended first. This may come late, when the route has been started again.
  }

  @Override
  public void start(Claim claim) {
    try {
      // Whatever is thrown there, even where it is entered.
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
      // It may be for want of a thread or of memory: at once it would fail again.
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

  /** Has the poller settle a claim: without that, its room and its row would be held for good. */
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
      long failures = failed.untold(true);
      if (failures > 0) {
        LOG.warn(
            "Destination {}: event {} is tried again in {}: {} ({} failures since this was last"
                + " said)",
            endpoint.getName(),
            Printable.id(event.messageId()),
            endpoint.getRetryDelay(),
            why,
            failures);
      }
      return new Settlement.Parked(
          now.plus(endpoint.getRetryDelay()), event.attempts() + 1, event.progress());
    }
    long dead = failed.untold(false);
    if (dead > 0) {
      LOG.error(
          "Destination {}: event {} is a dead letter, since the retry window has closed: {} ({}"
              + " since this was last said)",
          endpoint.getName(),
          Printable.id(event.messageId()),
          why,
          dead);
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
}
