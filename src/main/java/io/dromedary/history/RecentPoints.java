package io.dromedary.history;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * Keeps the counts for each ten seconds of the last hour in memory, bounded in bytes. If there are
 * many webhooks, it keeps a shorter time of each. Thread-safe.
 */
final class RecentPoints {

  static final long STEP_MILLIS = 10_000;

  private static final int MOST = 360;
  private static final int LEAST = 6;

  /** The approximate memory of a point. */
  private static final int BYTES = 400;

  private final long mostBytes;
  private final Map<Key, Deque<Point>> series = new HashMap<>();

  private record Key(String destination, int webhook) {}

  /** Counts in a compact form. */
  private static final class Point {

    private final long at;
    private final String ended;
    private final byte[] attempts;
    private final byte[] deliveries;

    Point(long at, Counts counts) {
      this.at = at;
      this.ended = counts.endedText();
      this.attempts = counts.attempts.toBytes();
      this.deliveries = counts.deliveries.toBytes();
    }

    long at() {
      return at;
    }

    void addTo(Counts counts) {
      counts.addEnded(ended);
      counts.attempts.add(attempts);
      counts.deliveries.add(deliveries);
    }
  }

  RecentPoints(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Adds counts. Must be called in order of time. */
  synchronized void add(String destination, int webhook, long nowMillis, Counts counts) {
    long at = nowMillis / STEP_MILLIS * STEP_MILLIS;
    Deque<Point> points =
        series.computeIfAbsent(new Key(destination, webhook), key -> new ArrayDeque<>());
    Point last = points.peekLast();
    Counts sum = new Counts();
    if (last != null && last.at() == at) {
      points.removeLast();
      last.addTo(sum);
    }
    sum.add(counts);
    points.addLast(new Point(at, sum));
    long most = Math.max(LEAST, Math.min(MOST, mostBytes / BYTES / series.size()));
    while (points.size() > most) {
      points.removeFirst();
    }
    while (points.getFirst().at() < at - MOST * STEP_MILLIS) {
      points.removeFirst();
    }
  }

  /**
   * Adds the points of a webhook to sums.
   *
   * @return the time of the first point, or {@link Long#MAX_VALUE} if there are no points
   */
  synchronized long addTo(
      SortedMap<Long, Counts> sums,
      String destination,
      int webhook,
      long from,
      long to,
      long stepMillis) {
    Deque<Point> points = series.get(new Key(destination, webhook));
    if (points == null || points.isEmpty()) {
      return Long.MAX_VALUE;
    }
    for (Point point : points) {
      if (point.at() >= from && point.at() < to) {
        long at = point.at() / stepMillis * stepMillis;
        point.addTo(sums.computeIfAbsent(at, key -> new Counts()));
      }
    }
    return points.getFirst().at();
  }

  /** The durations of the attempts in the last hour. */
  synchronized Latencies attempts(String destination, int webhook) {
    Latencies all = new Latencies();
    Deque<Point> points = series.get(new Key(destination, webhook));
    if (points != null) {
      points.forEach(point -> all.add(point.attempts));
    }
    return all;
  }
}
