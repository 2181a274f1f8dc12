package io.dromedary.outbox;

import io.dromedary.outbox.store.ClaimedRow;
import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.RetryOnce;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A claim of one event by this node, which delivers it. The event's row stays in the store until
 * the claim is settled. When the lease has ended, another node may claim the event. Thread-safe.
 */
public final class Claim {

  /** The exchange property that holds the claim of the event that an exchange carries. */
  public static final String PROPERTY = "DromedaryClaim";

  private static final Logger LOG = LoggerFactory.getLogger(Claim.class);

  private final Outbox outbox;
  private final String destination;
  private final long id;
  private final OutboxEvent event;
  private final long bytes;
  private final AtomicLong memory;
  private final AtomicReference<@Nullable Settlement> settlement = new AtomicReference<>();
  private final AtomicReference<ClaimCounts.Stage> stage =
      new AtomicReference<>(ClaimCounts.Stage.CLAIMED);
  private volatile @Nullable Carrier carrier;
  private volatile Lane lane;
  private volatile boolean lost;
  private volatile boolean noted;
  private volatile boolean handedOn;
  private volatile @Nullable Settlement ended;
  private volatile long token;
  private volatile long leaseEndNanos;
  private volatile @Nullable Expectation expectation;

  Claim(Outbox outbox, String destination, long id, OutboxEvent event, long token) {
    this.outbox = outbox;
    this.destination = destination;
    this.id = id;
    this.event = event;
    this.token = token;
    this.leaseEndNanos = outbox.leases().endNanos();
    this.lane = Lane.of(event.attempts());
    this.bytes = MemoryCost.of(event);
    this.memory = new AtomicLong(bytes);
  }

  public OutboxEvent event() {
    return event;
  }

  /** Whether the lease lasts for that much longer. False once the claim is settled. */
  public boolean isHeldFor(long nanos) {
    return settlement.get() == null && leaseEndNanos - System.nanoTime() > nanos;
  }

  /**
   * Settles the claim. Later calls are ignored. If this fails for want of memory, the poller passes
   * the settlement to the store a while later.
   */
  public void settle(Settlement settled) {
    boolean isFirst = settlement.compareAndSet(null, settled);
    if (isFirst || lost) {
      // If anything is thrown before the store has the settlement, the poller tries again.
      lost = true;
      outbox.settle(this, Objects.requireNonNull(settlement.get()));
      lost = false;
    }
  }

  /** Makes the event due at once, because nobody takes it. */
  void giveBack() {
    RetryOnce.call(
        "An event could not be given back",
        () ->
            settle(
                new Settlement.Parked(
                    outbox.clock().instant(), event.attempts(), event.progress())));
  }

  /** Notes that settling the claim has failed, so that the poller tries again. */
  void lose() {
    lost = true;
  }

  boolean isLost() {
    return lost;
  }

  /** Notes that the settlement is committed, or that the store has given up on it. */
  void end(Settlement settled) {
    ended = settled;
  }

  /** The final settlement, or null until it is committed or given up. */
  @Nullable Settlement ended() {
    return ended;
  }

  /** Whether the claim waits for its exchange. */
  boolean isIdle() {
    return stage.get() == ClaimCounts.Stage.READY && settlement.get() == null;
  }

  /**
   * Sets a time limit for the next step of the event: the claim has to be settled, or this method
   * called again. If neither happens until one lease after the limit, the exchange is considered
   * lost, as happens when an {@code Error} is thrown after an asynchronous step. Then {@code
   * otherwise} is called, and the event is due again.
   */
  public void expect(Duration within, Runnable otherwise) {
    long nanos = within.toNanos() + TimeUnit.MILLISECONDS.toNanos(outbox.leases().millis());
    expectation = new Expectation(System.nanoTime() + nanos, otherwise);
  }

  /** Removes the time limit. */
  public void expectNothing() {
    expectation = null;
  }

  private record Expectation(long untilNanos, Runnable otherwise) {}

  /** Whether the event has exceeded its time limit by a lease. */
  boolean isOverdue() {
    Expectation now = expectation;
    return now != null && settlement.get() == null && System.nanoTime() - now.untilNanos() >= 0;
  }

  /** Calls back, once, because the event has exceeded its time limit. */
  void tellOverdue() {
    Expectation now = expectation;
    if (now == null) {
      return;
    }
    expectation = null;
    LOG.error(
        "Destination {}: event {} has not gone on, and goes back to the outbox",
        destination,
        event.messageId());
    try {
      now.otherwise().run();
    } catch (RuntimeException | Error e) {
      LOG.error("The resources of a lost event cannot be released", e);
    }
  }

  /**
   * Makes another exchange carry the event, so that the claim is settled when that one is done. An
   * aggregation strategy must call this for each event it aggregates. Camel does not hand the
   * completions over to the aggregated exchange, so the event would count as delivered as soon as
   * it is aggregated.
   */
  public void handOver(Exchange exchange) {
    Carrier before = carrier;
    if (before != null) {
      carryBy(exchange, before.whenDone);
    }
  }

  /**
   * Calls back when the exchange is done, unless it has handed the event over to another by then.
   */
  void carryBy(Exchange exchange, Consumer<Exchange> whenDone) {
    Carrier next = new Carrier(whenDone);
    exchange.getExchangeExtension().addOnCompletion(next);
    // Set last: if adding the completion fails, the previous exchange still settles the event.
    carrier = next;
  }

  private final class Carrier extends SynchronizationAdapter {

    private final Consumer<Exchange> whenDone;

    Carrier(Consumer<Exchange> whenDone) {
      this.whenDone = whenDone;
    }

    @Override
    public void onDone(Exchange exchange) {
      // If this exchange fails, the event has not reached the exchange it was handed over to.
      if (carrier == this || exchange.isFailed()) {
        try {
          whenDone.accept(exchange);
        } catch (RuntimeException | Error e) {
          // Camel would swallow it, and the event would never be settled.
          lose();
        }
      }
    }
  }

  /** Notes that the event waits in memory. It does not count as in flight until it resumes. */
  public void pause() {
    ClaimListener taker = outbox.listeners().get(destination);
    if (taker != null && settlement.get() == null) {
      RetryOnce.call("A waiting event could not be counted as paused", () -> taker.paused(this));
    }
  }

  /** Counts the event as in flight again if it was paused, even if the limit is reached. */
  public void resume() {
    ClaimListener taker = outbox.listeners().get(destination);
    if (taker != null && settlement.get() == null) {
      try {
        taker.resumed(this);
      } catch (RuntimeException | Error e) {
        LOG.error("An event resumes, but could not be counted as in flight", e);
      }
    }
  }

  /**
   * Whether a paused event may resume. It may not while twice the configured number of events are
   * in flight, even if some only wait for their commit: a crash would repeat all of them.
   */
  public boolean mayResume() {
    ClaimListener taker = outbox.listeners().get(destination);
    return taker == null || taker.mayResume();
  }

  /**
   * Whether there is enough memory for events of one destination to wait for their next attempt. If
   * not, they have to go back to the store.
   */
  public static boolean mayWait(List<Claim> claims) {
    Claim first = claims.get(0);
    ClaimListener taker = first.outbox.listeners().get(first.destination);
    return taker == null || taker.mayWait(claims.stream().mapToLong(Claim::bytes).sum());
  }

  /** The lane in which the event is counted. */
  Lane lane() {
    return lane;
  }

  /** Moves the event to the lane of those that have been attempted. */
  void retry() {
    lane = Lane.RETRY;
  }

  /** The memory that the event is estimated to take. */
  long bytes() {
    return bytes;
  }

  /** The part of {@link #bytes} that has not been returned to the budget yet. */
  AtomicLong memory() {
    return memory;
  }

  /** The claim's stage, which only {@link ClaimCounts} changes. */
  AtomicReference<ClaimCounts.Stage> stage() {
    return stage;
  }

  /** Notes that the event comes straight from the commit that stored it. */
  void setHandedOn() {
    handedOn = true;
  }

  /** Whether the event comes straight from the commit that stored it, without a read. */
  public boolean isHandedOn() {
    return handedOn;
  }

  /** Notes that the change to its row could not be written and is kept in memory. */
  void setNoted() {
    noted = true;
  }

  boolean isNoted() {
    return noted;
  }

  /** Takes over the lease of a later claim of the same row by this node. */
  void renew(Claim again) {
    leaseEndNanos = again.leaseEndNanos;
    token = again.token;
  }

  public String destination() {
    return destination;
  }

  /** The event's id in the store. */
  public long id() {
    return id;
  }

  /** Its row, as this node has claimed it last. */
  ClaimedRow row() {
    return new ClaimedRow(id, destination, token);
  }

  /** A token for claims, different from that of any other claim. */
  static long newToken() {
    // Not 0, which means that there is no claim.
    return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
  }
}
