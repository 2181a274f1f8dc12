package io.dromedary.history;

import java.util.Map;
import java.util.TreeMap;

/** The counts of a period: outcomes, classes and durations. Not thread-safe. */
final class Counts {

  /** The number of attempts by outcome and class, such as {@code temporary 5xx}. */
  private final Map<String, Long> ended = new TreeMap<>();

  /** The durations of attempts, in microseconds. */
  final Latencies attempts = new Latencies();

  /** The times from acceptance to delivery, in milliseconds. */
  final Latencies deliveries = new Latencies();

  static String key(String outcome, String attemptClass) {
    return outcome + ' ' + attemptClass;
  }

  void add(String key, long count) {
    if (count > 0) {
      ended.merge(key, count, Long::sum);
    }
  }

  void add(Counts others) {
    others.ended.forEach(this::add);
    attempts.add(others.attempts);
    deliveries.add(others.deliveries);
  }

  long of(String outcome) {
    return ended.entrySet().stream()
        .filter(each -> each.getKey().startsWith(outcome + ' '))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  Map<String, Long> byClass() {
    Map<String, Long> all = new TreeMap<>();
    ended.forEach((key, count) -> all.merge(attemptClass(key), count, Long::sum));
    return all;
  }

  /** The number of failed attempts of each class. */
  Map<String, Long> failed() {
    Map<String, Long> failed = new TreeMap<>();
    ended.forEach(
        (key, count) -> {
          if (!key.startsWith(AttemptRecord.ACCEPTED)) {
            failed.merge(attemptClass(key), count, Long::sum);
          }
        });
    return failed;
  }

  private static String attemptClass(String key) {
    return key.substring(key.indexOf(' ') + 1);
  }

  boolean isEmpty() {
    return ended.isEmpty() && deliveries.size() == 0;
  }

  /** The outcomes as text, for a column of the store. */
  String endedText() {
    StringBuilder text = new StringBuilder();
    ended.forEach((key, count) -> text.append(key).append(' ').append(count).append(';'));
    return text.toString();
  }

  /** Adds outcomes that {@link #endedText} has written. */
  void addEnded(String text) {
    for (String each : text.split(";", -1)) {
      int at = each.lastIndexOf(' ');
      if (at > 0) {
        add(each.substring(0, at), Long.parseLong(each.substring(at + 1)));
      }
    }
  }

  @Override
  public String toString() {
    return endedText() + attempts.size() + ' ' + deliveries.size();
  }
}
