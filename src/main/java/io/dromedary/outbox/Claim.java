package io.dromedary.outbox;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
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
 * An event that this node has taken out of the outbox to deliver it. Its row stays where it is
 * until the claim is settled; after the lease another node may claim it. Thread-safe.
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

  Claim(
      Outbox outbox,
      String destination,
      long id,
      OutboxEvent event,
      long token,
      long leaseEndNanos) {
    this.outbox = outbox;
    this.destination = destination;
    this.id = id;
    this.event = event;
    this.token = token;
    this.leaseEndNanos = leaseEndNanos;
    this.lane = Lane.of(event.attempts());
    this.bytes = MemoryBudget.cost(event);
    this.memory = new AtomicLong(bytes);
  }

  /** The event. */
  public OutboxEvent event() {
    return event;
  }

  /** Whether the event is this node's for so much longer: not if it has been given back. */
  public boolean isHeldFor(long nanos) {
    return settlement.get() == null && leaseEndNanos - System.nanoTime() > nanos;
  }

  /**
   * Says what has become of the event; only the first word counts. Where memory is wanting it is
   * taken to the store a while later.
   */
  public void settle(Settlement settled) {
    boolean isFirst = settlement.compareAndSet(null, settled);
    if (isFirst || lost) {
      // Until it is known to the store, so that nothing in between loses it.
      lost = true;
      outbox.settle(this, Objects.requireNonNull(settlement.get()));
      lost = false;
    }
  }

  /** Its settlement has failed: whoever looks after the claims of its destination tries again. */
  void lose() {
    lost = true;
  }

  boolean isLost() {
    return lost;
  }

  /** Its settlement is committed, or is given up. */
  void end(Settlement settled) {
    ended = settled;
  }

  /** What has become of it in the end, or null. */
  @Nullable Settlement ended() {
    return ended;
  }

  /** Whether it is this node's to deliver, and nobody does so yet. */
  boolean isIdle() {
    return stage.get() == ClaimCounts.Stage.READY && settlement.get() == null;
  }

  /**
   * From now on the event is expected to go on within so long: to be settled, or to be expected
   * anew. If it does not, a lease later its exchange is taken for lost, as an {@code Error} behind
   * an asynchronous step loses one: somebody is told, and the event is due again.
   */
  public void expect(Duration within, Runnable otherwise) {
    long nanos = within.toNanos() + TimeUnit.MILLISECONDS.toNanos(outbox.leaseMillis());
    expectation = new Expectation(System.nanoTime() + nanos, otherwise);
  }

  /** The event may take as long as it likes. */
  public void expectNothing() {
    expectation = null;
  }

  private record Expectation(long untilNanos, Runnable otherwise) {}

  /** Whether it has not gone on as expected. */
  boolean isOverdue() {
    Expectation now = expectation;
    return now != null && settlement.get() == null && System.nanoTime() - now.untilNanos() >= 0;
  }

  /** Tells who is to be told that it has not gone on. */
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
      LOG.error("What an event has left behind cannot be cleared away", e);
    }
  }

  /**
   * From now on the event is settled when that exchange is done, and not the one that has carried
   * it so far. An aggregation strategy has to say so of each event it gathers: Camel hands no
   * completions over to an aggregated exchange, so the event would be done when it is gathered.
   */
  public void handOver(Exchange exchange) {
    Carrier before = carrier;
    if (before != null) {
      carryBy(exchange, before.whenDone);
    }
  }

  /** Somebody is told when the exchange is done that carries the event then. */
  void carryBy(Exchange exchange, Consumer<Exchange> whenDone) {
    Carrier next = new Carrier(whenDone);
    exchange.getExchangeExtension().addOnCompletion(next);
    // Not before: if the exchange cannot be told to, the one before still settles the event.
    carrier = next;
  }

  private final class Carrier extends SynchronizationAdapter {

    private final Consumer<Exchange> whenDone;

    Carrier(Consumer<Exchange> whenDone) {
      this.whenDone = whenDone;
    }

    @Override
    public void onDone(Exchange exchange) {
      // An exchange that fails has not brought the event to the one that it was handed over to.
      if (carrier == this || exchange.isFailed()) {
        try {
          whenDone.accept(exchange);
        } catch (RuntimeException | Error e) {
          // Camel would forget it.
          lose();
        }
      }
    }
  }

  /** The event waits in memory: it does not count as in flight until it goes on. */
  public void pause() {
    ClaimListener taker = outbox.taker(destination);
    if (taker != null && settlement.get() == null) {
      RetryOnce.call("An event that waits could not be counted as such", () -> taker.paused(this));
    }
  }

  /** The event is in flight again, if it was paused, whether there is room or not. */
  public void resume() {
    ClaimListener taker = outbox.taker(destination);
    if (taker != null && settlement.get() == null) {
      try {
        taker.resumed(this);
      } catch (RuntimeException | Error e) {
        LOG.error("An event goes on that could not be counted as in flight", e);
      }
    }
  }

  /**
   * Whether an event that is paused may go on: not while so many are in flight, of which some may
   * only wait for a commit, that a crash would repeat too many.
   */
  public boolean mayResume() {
    ClaimListener taker = outbox.taker(destination);
    return taker == null || taker.mayResume();
  }

  /**
   * Whether there is memory for events of a destination to wait in for their next attempt;
   * otherwise they have to go back to the store.
   */
  public static boolean mayWait(List<Claim> claims) {
    Claim first = claims.get(0);
    ClaimListener taker = first.outbox.taker(first.destination);
    return taker == null || taker.mayWait(claims.stream().mapToLong(Claim::bytes).sum());
  }

  /** Among which events this one is counted. */
  Lane lane() {
    return lane;
  }

  /** From now on it is one that has been attempted. */
  void retry() {
    lane = Lane.RETRY;
  }

  /** What it costs in memory. */
  long bytes() {
    return bytes;
  }

  /** What is still to be given back of that. */
  AtomicLong memory() {
    return memory;
  }

  /** How far it has come in memory; {@link ClaimCounts} changes it. */
  AtomicReference<ClaimCounts.Stage> stage() {
    return stage;
  }

  /** The event comes straight from the commit that stored it. */
  void setHandedOn() {
    handedOn = true;
  }

  /** Whether the event comes straight from the commit that stored it, and not out of the store. */
  public boolean isHandedOn() {
    return handedOn;
  }

  /** What was to be written into its row is only known in memory. */
  void setNoted() {
    noted = true;
  }

  boolean isNoted() {
    return noted;
  }

  /** This node has claimed the row of a claim it still has: the lease counts anew. */
  void renew(Claim again) {
    leaseEndNanos = again.leaseEndNanos;
    token = again.token;
  }

  /** Where the event goes. */
  public String destination() {
    return destination;
  }

  /** The event's id in the store. */
  public long id() {
    return id;
  }

  /** By which the store tells whether the row is still this claim's. */
  long token() {
    return token;
  }
}
