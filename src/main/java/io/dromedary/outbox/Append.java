package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.SqlDialect;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreOperation;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends new events, all or none of them. Events that were accepted within the window of the
 * de-duplication are left out.
 */
final class Append extends StoreOperation {

  private static final Logger LOG = LoggerFactory.getLogger(Append.class);

  /** An event and its destination. */
  record Arrival(String destination, OutboxEvent event) {}

  /** The estimated size of a row without its body. */
  private static final int ROW_BYTES = 256;

  private final Outbox outbox;
  private final SqlDialect dialect;
  private final List<Arrival> arrivals;
  private final List<DeadLetter> invalid;
  private final boolean deduplicated;
  private final boolean handsOn;
  private final CompletableFuture<Integer> done;
  private Set<Fingerprint> remembered = Set.of();
  private final Map<ClaimListener, List<OutboxEvent>> reserved = new HashMap<>();
  private final Map<ClaimListener, List<Claim>> handedOn = new HashMap<>();
  private final Deque<DeadLetter> letters = new ArrayDeque<>();
  private Map<String, List<Arrival>> stored = Map.of();
  private int written;

  /**
   * Makes an append.
   *
   * @param invalid the dead letters of invalid input, which are stored with the events
   * @param handsOn whether the commit hands events to their listeners as already claimed; false if
   *     this process does not see the commit
   * @param done completed with the number of new events after the commit, or with the failure
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
  protected int rows() {
    return arrivals.size() + invalid.size();
  }

  @Override
  protected void join(Store store, long nowMillis) throws SQLException {
    store.admit(bytes(arrivals, invalid));
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
    letters.clear();
    for (DeadLetter each : invalid) {
      DeadLetter letter = each.withId(store.takeId());
      DeadLetterStatements.insert(store, letter.id(), letter);
      letters.add(letter);
    }
  }

  /** The approximate size of the rows, in bytes. */
  static long bytes(List<Arrival> arrivals, List<DeadLetter> invalid) {
    long bytes = 0;
    for (Arrival arrival : arrivals) {
      bytes += arrival.event().body().length + ROW_BYTES;
    }
    for (DeadLetter letter : invalid) {
      bytes += letter.event().body().length + ROW_BYTES;
    }
    return bytes;
  }

  /** The events that were not accepted before; only the first one with each message id. */
  private List<Arrival> fresh(Store store, long nowMillis) throws SQLException {
    Map<Fingerprint, Arrival> byFingerprint = new LinkedHashMap<>();
    for (Arrival arrival : arrivals) {
      byFingerprint.putIfAbsent(
          Fingerprint.of(arrival.destination(), arrival.event().messageId()), arrival);
    }
    List<Fingerprint> asked = new ArrayList<>(byFingerprint.keySet());
    // If remember() fails halfway, it is unknown which ids it has noted, so all are forgotten then.
    // An id that stayed known without its event would make a repeated event a duplicate.
    remembered = Set.copyOf(asked);
    remembered = store.remember(asked, nowMillis);
    // Keeps the order in which the events arrived.
    byFingerprint.keySet().retainAll(remembered);
    return new ArrayList<>(byFingerprint.values());
  }

  /** As many as there is room for in flight are written as already claimed. */
  private void insert(Store store, String destination, List<Arrival> arrivals, long nowMillis)
      throws SQLException {
    ClaimListener taker = handsOn ? outbox.listeners().get(destination) : null;
    List<OutboxEvent> events = arrivals.stream().map(Arrival::event).toList();
    int handOn = taker == null ? 0 : reserve(taker, events);
    List<Claim> claims = new ArrayList<>(handOn);
    if (taker != null && handOn > 0) {
      // Recorded before anything can fail, so that a rollback gives the room back.
      reserved.put(taker, events.subList(0, handOn));
      handedOn.put(taker, claims);
    }
    long token = Claim.newToken();
    long leaseMillis = outbox.leases().millis();
    for (int i = 0; i < arrivals.size(); i++) {
      OutboxEvent event = events.get(i);
      long id = store.takeId();
      if (i < handOn) {
        store
            .rows()
            .insertClaimed(id, destination, event, nowMillis, nowMillis + leaseMillis, token);
        Claim claim = new Claim(outbox, destination, id, event, token);
        claim.setHandedOn();
        claims.add(claim);
      } else {
        store.rows().insert(id, destination, event, nowMillis);
      }
    }
    if (taker != null && handOn < arrivals.size()) {
      outbox.listeners().due(destination);
    }
  }

  /** Reserves room. If that fails, events are stored anyway and are claimed later. */
  private static int reserve(ClaimListener taker, List<OutboxEvent> wanted) {
    try {
      return taker.reserve(wanted);
    } catch (RuntimeException | Error e) {
      LOG.error("Events wait in the store, since room for them could not be reserved", e);
      return 0;
    }
  }

  @Override
  protected void committed() {
    Map<String, List<Arrival>> counted = stored;
    stored = Map.of();
    try {
      counted.forEach((name, events) -> outbox.counts().accepted(name).add(events.size()));
    } finally {
      // The events are on disk, even if something else fails.
      done.complete(written);
    }
    forEach(handedOn, outbox.listeners()::handOn);
    for (DeadLetter letter = letters.peek(); letter != null; letter = letters.peek()) {
      outbox.tell(letter);
      letters.remove();
    }
  }

  @Override
  protected void rolledBack() {
    handedOn.clear();
    try {
      forEach(reserved, ClaimListener::giveBack);
    } finally {
      forget();
    }
  }

  /** Removes each entry once it is done. If an exception is thrown, the others stay for a retry. */
  private static <T> void forEach(
      Map<ClaimListener, List<T>> byTaker, BiConsumer<ClaimListener, List<T>> action) {
    Iterator<Map.Entry<ClaimListener, List<T>>> entries = byTaker.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<ClaimListener, List<T>> entry = entries.next();
      action.accept(entry.getKey(), entry.getValue());
      entries.remove();
    }
  }

  /** Forgets the message ids, since otherwise a repeated event would count as a duplicate. */
  private void forget() {
    Set<Fingerprint> known = remembered;
    try {
      dialect.forget(known);
    } catch (RuntimeException | Error e) {
      dialect.forget(known);
    }
    remembered = Set.of();
  }

  @Override
  protected void failed(OutboxException failure) {
    done.completeExceptionally(failure);
  }
}
