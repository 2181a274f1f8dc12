package io.dromedary.history;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * What was counted in each ten seconds of the last hour, in memory and bounded by bytes: of many
 * webhooks less of each is remembered. Thread-safe.
 */
final class RecentPoints {

  static final long STEP_MILLIS = 10_000;

  private static final int MOST = 360;
  private static final int LEAST = 6;

  /** What a point takes, about. */
  private static final int BYTES = 400;

  private final long mostBytes;
  private final Map<Key, Deque<Point>> series = new HashMap<>();

  private record Key(String destination, int webhook) {}

  /** Counts in little memory. */
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

  /** Adds what was counted, in the order of time. */
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
   * Adds the points of a webhook to what was counted of others.
   *
   * @return the time from which there are points, or the greatest number where there are none
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

  /** The durations of the attempts of the last hour. */
  synchronized Latencies attempts(String destination, int webhook) {
    Latencies all = new Latencies();
    Deque<Point> points = series.get(new Key(destination, webhook));
    if (points != null) {
      points.forEach(point -> all.add(point.attempts));
    }
    return all;
  }
}
