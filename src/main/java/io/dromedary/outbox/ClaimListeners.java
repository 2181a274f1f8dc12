package io.dromedary.outbox;

import io.dromedary.outbox.ClaimCounts.Stage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumers that take the events of an outbox's destinations, one for each. One thread tells
 * them what has been committed, in the order of the commits. Thread-safe.
 */
final class ClaimListeners implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ClaimListeners.class);

  private final Map<String, ClaimListener> byDestination = new ConcurrentHashMap<>();

  /** A thread of its own, since handing events on must not wait for routes. */
  private final ElasticThreads handingOn;

  /**
   * Starts the thread.
   *
   * @param stuck after how long without progress it counts as failed
   */
  ClaimListeners(Duration stuck) {
    this.handingOn = new ElasticThreads("outbox-handing-on", 1, 1, stuck);
  }

  /**
   * Registers the consumer of a destination.
   *
   * @throws IllegalStateException if the destination has one already
   */
  void register(String destination, ClaimListener listener) {
    if (byDestination.putIfAbsent(destination, listener) != null) {
      throw new IllegalStateException(
          "The outbox's destination " + destination + " has a consumer: expected one a context.");
    }
  }

  void unregister(String destination, ClaimListener listener) {
    byDestination.remove(destination, listener);
  }

  @Nullable ClaimListener get(String destination) {
    return byDestination.get(destination);
  }

  /** How many destinations have a consumer. */
  int size() {
    return byDestination.size();
  }

  /** The destinations that have a consumer. */
  Set<String> destinations() {
    return new TreeSet<>(byDestination.keySet());
  }

  /** The ids of the rows that are in memory, by destination. */
  Map<String, List<Long>> inMemory() {
    Map<String, List<Long>> ids = new HashMap<>();
    byDestination.forEach((destination, listener) -> ids.put(destination, listener.ids()));
    return ids;
  }

  /** The ids of the rows that are in memory. */
  List<Long> inMemoryIds() {
    return inMemory().values().stream().flatMap(List::stream).toList();
  }

  /** Tells the consumer of a destination, if it has one, that events may be due. */
  void due(String destination) {
    ClaimListener listener = byDestination.get(destination);
    if (listener != null) {
      due(listener);
    }
  }

  /** Tells all consumers that events may be due. */
  void allDue() {
    byDestination.values().forEach(ClaimListeners::due);
  }

  private static void due(ClaimListener listener) {
    try {
      listener.due();
    } catch (RuntimeException | Error e) {
      LOG.error("Who takes events could not be told that some are due", e);
    }
  }

  /** Tells that a claim has ended whose settlement is not committed yet. */
  void ended(Claim claim) {
    ClaimListener listener = byDestination.get(claim.destination());
    if (listener != null) {
      try {
        listener.ended(claim);
      } catch (RuntimeException | Error e) {
        LOG.error("A place is free only when the settlement is committed", e);
      }
    }
  }

  /** Tells that a settlement has been committed, or never will be. */
  void settled(Claim claim, Settlement settlement) {
    ClaimListener listener = byDestination.get(claim.destination());
    if (listener != null) {
      execute(() -> listener.settled(claim, settlement));
    }
  }

  /**
   * Hands claims on to their consumer. Claims that it cannot take are given back, since on SQLite a
   * claim would last as long as the process.
   */
  void handOn(ClaimListener listener, List<Claim> claims) {
    execute(
        () -> {
          try {
            listener.take(claims);
          } catch (RuntimeException | Error e) {
            LOG.error("Events could not be handed on: they are due again", e);
            List<Long> taken = listener.ids();
            for (Claim claim : claims) {
              if (!taken.contains(claim.id()) && claim.stage().get() == Stage.CLAIMED) {
                claim.giveBack();
                listener.giveBack(List.of(claim.event()));
              }
            }
          }
        });
  }

  /** Does something on the thread that tells consumers what has been committed. */
  void execute(Runnable telling) {
    handingOn.execute(telling);
  }

  /** Why the thread does not work, or null if it does. */
  @Nullable String failure() {
    return handingOn.failure();
  }

  /** Why consumers take no events although they should. */
  List<String> failures() {
    return byDestination.values().stream()
        .map(ClaimListener::failure)
        .filter(Objects::nonNull)
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    handingOn.close();
  }
}
