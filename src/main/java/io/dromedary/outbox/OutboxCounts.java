package io.dromedary.outbox;

import io.dromedary.metrics.Histogram;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is counted of a store since the process has started. Thread-safe. */
final class OutboxCounts {

  /** Stands for any code that is not listed. */
  private static final String OTHER = "other";

  /** Why something that came in is no event, by the codes that its sender is told. */
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

  /** How long transactions take, from their first statement to the end of their commit. */
  final Histogram commits = Histogram.ofCommits();

  /** How many events of a destination have been stored here. */
  LongAdder accepted(String destination) {
    return adder(accepted, destination);
  }

  /** How many events of a destination have been given up here. */
  LongAdder dead(String destination, DeadLetter.Reason reason) {
    return adder(dead, destination + ' ' + reason);
  }

  /** How many dead letters of a destination have been replayed here. */
  LongAdder replayed(String destination) {
    return adder(replayed, destination);
  }

  /** How much has come in that is no event, for a reason of {@link #CODES}. */
  LongAdder rejected(String code) {
    LongAdder known = rejected.get(code);
    return known == null ? adder(rejected, OTHER) : known;
  }

  private static LongAdder adder(Map<String, LongAdder> adders, String key) {
    return adders.computeIfAbsent(key, made -> new LongAdder());
  }
}
