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
final class Deaths {

  /**
   * Some dead letters of a group.
   *
   * @param sample the message id of the first one
   */
  record Died(long count, String sample) {

    Died plus(Died more) {
      return new Died(count + more.count, sample.isEmpty() ? more.sample : sample);
    }
  }

  private final Map<DeathRule.Group, Died> died = new ConcurrentHashMap<>();

  void add(DeadLetter letter) {
    if (letter.reason() != Reason.CANCELLED) {
      add(
          DeathRule.Group.of(letter.destination(), letter.reason().json(), letter.lastStatus()),
          new Died(1, letter.event().messageId()));
    }
  }

  void add(AlertRows.Deaths deaths) {
    if (!deaths.reason().equals(Reason.CANCELLED.json())) {
      add(
          DeathRule.Group.of(deaths.destination(), deaths.reason(), deaths.lastStatus()),
          new Died(deaths.count(), deaths.sample()));
    }
  }

  private void add(DeathRule.Group group, Died more) {
    died.merge(group, more, Died::plus);
  }

  /** Removes and returns those of a group. The caller gives them back if it cannot store them. */
  @Nullable Died take(DeathRule.Group group) {
    return died.remove(group);
  }

  void giveBack(DeathRule.Group group, Died taken) {
    died.merge(group, taken, (now, before) -> before.plus(now));
  }

  /** The groups that have dead letters. */
  Iterable<DeathRule.Group> groups() {
    return died.keySet();
  }
}
