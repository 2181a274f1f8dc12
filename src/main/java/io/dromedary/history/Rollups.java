package io.dromedary.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Adds up counts by minute and by hour, and writes the rollups that have changed. Each process has
 * separate rows, which readers add up. Owned by the writer's thread.
 */
final class Rollups {

  // The steps of the rollups, in seconds.
  static final int MINUTE = 60;

  static final int HOUR = 3600;

  /** The number of attempts below which no attempt counts as slow. */
  private static final long LEAST_ATTEMPTS = 1000;

  /** The most unfinished rollups in memory: many webhooks, for an hour in which no write worked. */
  private static final int MOST_OPEN = 2000;

  private static final String UPSERT =
      "INSERT INTO attempt_rollup"
          + " (step, destination, webhook, at, node, ended, attempt_micros, delivery_millis)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (step, destination, webhook, at, node) DO UPDATE SET"
          + " ended = excluded.ended, attempt_micros = excluded.attempt_micros,"
          + " delivery_millis = excluded.delivery_millis";

  private record Key(int step, String destination, int webhook, long at) {}

  private final RecentPoints points;
  private final Map<Key, Counts> open = new LinkedHashMap<>();
  private final Set<Key> changed = new LinkedHashSet<>();

  Rollups(RecentPoints points) {
    this.points = points;
  }

  /** Adds the counts since the last call. */
  void count(Collection<Tally> tallies, long nowMillis) {
    for (Tally tally : tallies) {
      Counts since = tally.take();
      if (since.isEmpty()) {
        continue;
      }
      points.add(tally.destination(), tally.webhook(), nowMillis, since);
      for (int step : new int[] {MINUTE, HOUR}) {
        long at = nowMillis / (step * 1000L) * (step * 1000L);
        Key key = new Key(step, tally.destination(), tally.webhook(), at);
        open.computeIfAbsent(key, made -> new Counts()).add(since);
        changed.add(key);
      }
    }
    Iterator<Key> oldest = open.keySet().iterator();
    for (int left = open.size(); left > MOST_OPEN; left--) {
      changed.remove(oldest.next());
      oldest.remove();
    }
  }

  /** Sets the time above which attempts are slow: the 99th percentile of the last hour. */
  void learnSlow(Collection<Tally> tallies) {
    for (Tally tally : tallies) {
      Latencies lastHour = points.attempts(tally.destination(), tally.webhook());
      tally.setSlow(
          lastHour.size() < LEAST_ATTEMPTS ? Long.MAX_VALUE : Math.round(lastHour.quantile(0.99)));
    }
  }

  boolean hasChanged() {
    return !changed.isEmpty();
  }

  /** Writes the rollups that have changed. */
  void write(Connection connection, String node) throws SQLException {
    if (changed.isEmpty()) {
      return;
    }
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (Key key : changed) {
        Counts counts = open.get(key);
        if (counts == null) {
          continue;
        }
        upsert.setInt(1, key.step());
        upsert.setString(2, key.destination());
        upsert.setInt(3, key.webhook());
        upsert.setLong(4, key.at());
        upsert.setString(5, node);
        upsert.setString(6, counts.endedText());
        upsert.setBytes(7, counts.attempts.toBytes());
        upsert.setBytes(8, counts.deliveries.toBytes());
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
  }

  /** Notes that the changes are committed, and forgets rollups whose period is over. */
  void written(long nowMillis) {
    changed.clear();
    open.keySet().removeIf(key -> key.at() + key.step() * 1000L <= nowMillis);
  }
}
