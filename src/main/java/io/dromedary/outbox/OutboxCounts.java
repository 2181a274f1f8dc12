package io.dromedary.outbox;

import io.dromedary.metrics.Histogram;
import io.dromedary.outbox.deadletter.DeadLetter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Counts the events of a store since the process started. Thread-safe. */
final class OutboxCounts {

  /** Counts every code that is not listed. */
  private static final String OTHER = "other";

  /** The codes by which a sender learns why its input is not a valid event. */
  static final List<String> CODES =
      List.of(
          "batch_too_large",
          "batch_too_long",
          "empty_batch",
          "event_too_large",
          "invalid_batch",
          "invalid_event",
          "invalid_json",
          "unreadable",
          OTHER);

  private final Map<String, LongAdder> accepted = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> dead = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> replayed = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> rejected =
      CODES.stream().collect(Collectors.toMap(Function.identity(), code -> new LongAdder()));

  /** Durations of transactions, from the first statement to the end of the commit. */
  final Histogram commits = Histogram.ofCommits();

  /** The number of events of a destination that this process has stored. */
  LongAdder accepted(String destination) {
    return adder(accepted, destination);
  }

  /** The number of events of a destination that this process has given up. */
  LongAdder dead(String destination, DeadLetter.Reason reason) {
    return adder(dead, destination + ' ' + reason);
  }

  /** The number of dead letters of a destination that this process has replayed. */
  LongAdder replayed(String destination) {
    return adder(replayed, destination);
  }

  /** The number of inputs that were not valid events, by one of the {@link #CODES}. */
  LongAdder rejected(String code) {
    LongAdder known = rejected.get(code);
    return known == null ? adder(rejected, OTHER) : known;
  }

  private static LongAdder adder(Map<String, LongAdder> adders, String key) {
    return adders.computeIfAbsent(key, made -> new LongAdder());
  }
}
