package io.dromedary.alert;

import io.dromedary.outbox.AlertRows;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the dead letters that are not part of a stored row yet, by group. Events that an operator
 * has given up are not counted. Thread-safe.
 */
final class DeadLetterCounts {

  /**
   * Some dead letters of a group.
   *
   * @param sample the message id of the first one
   */
  record Count(long count, String sample) {

    Count plus(Count more) {
      return new Count(count + more.count, sample.isEmpty() ? more.sample : sample);
    }
  }

  private final Map<DeadLetterRule.Group, Count> counts = new ConcurrentHashMap<>();

  void add(DeadLetter letter) {
    if (letter.reason() != Reason.CANCELLED) {
      add(
          DeadLetterRule.Group.of(
              letter.destination(), letter.reason().json(), letter.lastStatus()),
          new Count(1, letter.event().messageId()));
    }
  }

  void add(AlertRows.DeadLetterCount missed) {
    if (!missed.reason().equals(Reason.CANCELLED.json())) {
      add(
          DeadLetterRule.Group.of(missed.destination(), missed.reason(), missed.lastStatus()),
          new Count(missed.count(), missed.sample()));
    }
  }

  private void add(DeadLetterRule.Group group, Count more) {
    counts.merge(group, more, Count::plus);
  }

  /** Removes and returns those of a group. The caller gives them back if it cannot store them. */
  @Nullable Count take(DeadLetterRule.Group group) {
    return counts.remove(group);
  }

  void giveBack(DeadLetterRule.Group group, Count taken) {
    counts.merge(group, taken, (now, before) -> before.plus(now));
  }

  /** The groups that have dead letters. */
  Iterable<DeadLetterRule.Group> groups() {
    return counts.keySet();
  }
}
