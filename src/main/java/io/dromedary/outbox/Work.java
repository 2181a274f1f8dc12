package io.dromedary.outbox;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Something for the store to do. The writer calls {@link #join}, and then, when the transaction has
 * ended, either {@link #committed} or {@link #failed}, all on its own thread; the two that end it
 * may not block.
 */
abstract class Work {

  /** How many rows it is about, so that a transaction stays short. */
  int rows() {
    return 1;
  }

  /** Takes part in a transaction. Called again if that failed because of other work in it. */
  abstract void join(Store store, long nowMillis) throws SQLException;

  abstract void committed();

  /** The transaction is rolled back, and may be tried again. */
  void rolledBack() {}

  /** The store could not do it, and it will be tried again. */
  void postponed() {}

  /** It will not be tried again. */
  abstract void failed(OutboxException failure);

  /** Whether it is tried until it succeeds, because nobody waits for it who could do so. */
  boolean isLasting() {
    return false;
  }

  static long token() {
    // Another than the 0 that stands for none.
    return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
  }

  /** An event and where it goes. */
  record Arrival(String destination, OutboxEvent event) {}

  /** New events, all or none of them, each but once within the window of the de-duplication. */
  static final class Append extends Work {

    private final Outbox outbox;
    private final SqlDialect dialect;
    private final List<Arrival> arrivals;
    private final List<DeadLetter> invalid;
    private final boolean deduplicated;
    private final boolean handsOn;
    private final CompletableFuture<Integer> done;
    private Set<Fingerprint> remembered = Set.of();
    private final Map<Taker, List<OutboxEvent>> reserved = new HashMap<>();
    private final Map<Taker, List<Claim>> handedOn = new HashMap<>();
    private Map<String, List<Arrival>> stored = Map.of();
    private int written;

    /**
     * Appends.
     *
     * @param handsOn whether events go on at the commit, without being claimed; not where nobody
     *     here would see it
     * @param done is told of the end
     */
    Append(
        Outbox outbox,
        SqlDialect dialect,
        List<Arrival> arrivals,
        List<DeadLetter> invalid,
        boolean handsOn,
        CompletableFuture<Integer> done) {
      this.outbox = outbox;
      this.dialect = dialect;
      this.arrivals = arrivals;
      this.invalid = invalid;
      this.deduplicated = !outbox.settings().dedupWindow().isZero();
      this.handsOn = handsOn;
      this.done = done;
    }

    @Override
    int rows() {
      return arrivals.size() + invalid.size();
    }

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      List<Arrival> fresh = deduplicated ? fresh(store, nowMillis) : arrivals;
      written = fresh.size();
      Map<String, List<Arrival>> byDestination = new HashMap<>();
      for (Arrival arrival : fresh) {
        byDestination.computeIfAbsent(arrival.destination(), key -> new ArrayList<>()).add(arrival);
      }
      stored = byDestination;
      for (Map.Entry<String, List<Arrival>> each : byDestination.entrySet()) {
        insert(store, each.getKey(), each.getValue(), nowMillis);
      }
      for (DeadLetter letter : invalid) {
        store.insertDead(store.takeId(), letter);
      }
    }

    /** What has not been accepted before, of each message id the first. */
    private List<Arrival> fresh(Store store, long nowMillis) throws SQLException {
      Map<Fingerprint, Arrival> byFingerprint = new LinkedHashMap<>();
      for (Arrival arrival : arrivals) {
        byFingerprint.putIfAbsent(
            Fingerprint.of(arrival.destination(), arrival.event().messageId()), arrival);
      }
      remembered = store.remember(new ArrayList<>(byFingerprint.keySet()), nowMillis);
      // In the order in which they came, whatever the database's is.
      byFingerprint.keySet().retainAll(remembered);
      return new ArrayList<>(byFingerprint.values());
    }

    /** As many as there is room for in flight are written as already claimed. */
    private void insert(Store store, String destination, List<Arrival> arrivals, long nowMillis)
        throws SQLException {
      Taker taker = handsOn ? outbox.taker(destination) : null;
      List<OutboxEvent> events = arrivals.stream().map(Arrival::event).toList();
      int handOn = taker == null ? 0 : taker.reserve(events);
      List<Claim> claims = new ArrayList<>(handOn);
      if (taker != null && handOn > 0) {
        // Before anything can fail.
        reserved.put(taker, events.subList(0, handOn));
        handedOn.put(taker, claims);
      }
      long token = token();
      long leaseMillis = outbox.leaseMillis();
      for (int i = 0; i < arrivals.size(); i++) {
        OutboxEvent event = events.get(i);
        long id = store.takeId();
        if (i < handOn) {
          store.insertClaimed(id, destination, event, nowMillis, nowMillis + leaseMillis, token);
          claims.add(outbox.claim(destination, id, event, token));
        } else {
          store.insert(id, destination, event, nowMillis);
        }
      }
      if (taker != null && handOn < arrivals.size()) {
        taker.due();
      }
    }

    @Override
    void committed() {
      stored.forEach((name, events) -> outbox.accepted(name).add(events.size()));
      done.complete(written);
      handedOn.forEach((taker, claims) -> outbox.handOn(() -> taker.take(claims)));
      invalid.forEach(outbox::tell);
    }

    @Override
    void rolledBack() {
      dialect.forget(remembered);
      remembered = Set.of();
      reserved.forEach(Taker::giveBack);
      reserved.clear();
      handedOn.clear();
    }

    @Override
    void failed(OutboxException failure) {
      done.completeExceptionally(failure);
    }
  }

  /** What has become of claimed events. */
  static final class Settle extends Work {

    private final Outbox outbox;
    private final Claim claim;
    private final Settlement settlement;
    private boolean isPostponed;

    Settle(Outbox outbox, Claim claim, Settlement settlement) {
      this.outbox = outbox;
      this.claim = claim;
      this.settlement = settlement;
    }

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      if (settlement instanceof Settlement.Parked parked) {
        // A wait, since this node's clock need not be the store's.
        long waitMillis = Math.max(0, outbox.millisUntil(parked.dueAt()));
        long dueMillis = nowMillis + waitMillis;
        // Events that wait to be parked would keep those from being delivered that make room.
        if (!isPostponed
            || !store.parkInMemory(claim, dueMillis, parked.attempts(), parked.progress())) {
          store.park(claim, dueMillis, parked.attempts(), parked.progress());
        }
      } else if (settlement instanceof Settlement.Dead dead) {
        if (store.deleteClaimed(claim)) {
          store.insertDead(claim.id(), dead.letter());
        }
      } else {
        store.delete(claim.id());
      }
    }

    @Override
    void committed() {
      Taker taker = outbox.taker(claim.destination());
      if (taker != null) {
        taker.settled(claim, settlement);
      }
      if (settlement instanceof Settlement.Dead dead) {
        outbox.tell(dead.letter());
      }
    }

    @Override
    void failed(OutboxException failure) {
      // The row stays where it is: it is claimed again when its lease has ended.
      outbox.leaveClaimed(claim);
      Taker taker = outbox.taker(claim.destination());
      if (taker != null) {
        OutboxEvent event = claim.event();
        taker.settled(
            claim,
            new Settlement.Parked(
                outbox.clock().instant().plusMillis(outbox.leaseMillis()),
                event.attempts(),
                event.progress()));
      }
    }

    @Override
    void postponed() {
      isPostponed = true;
    }

    @Override
    boolean isLasting() {
      return true;
    }
  }

  /** Anything else, such as a replay. */
  static final class Task<T> extends Work {

    /** What is done on the store. */
    interface Body<T> {
      T run(Store store, long nowMillis) throws SQLException;
    }

    private final Body<T> body;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private @Nullable T result;

    Task(Body<T> body) {
      this.body = body;
    }

    CompletableFuture<T> done() {
      return done;
    }

    @Override
    void join(Store store, long nowMillis) throws SQLException {
      result = body.run(store, nowMillis);
    }

    @Override
    void committed() {
      done.complete(result);
    }

    @Override
    void failed(OutboxException failure) {
      done.completeExceptionally(failure);
    }
  }
}
