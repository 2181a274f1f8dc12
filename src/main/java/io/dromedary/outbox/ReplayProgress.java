package io.dromedary.outbox;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a replay has come.
 *
 * @param rate how many of its events become due in a second
 * @param events how many dead letters it has put back into the outbox
 * @param waiting how many of these are not done, whether they are due or not
 * @param delivered how many are delivered, or were dropped by a transform
 * @param dead how many are dead letters again, by the status of the last answer; {@code none} where
 *     there was no answer, {@code cancelled} where an operator has given them up
 * @param deleted how many an operator has deleted while they waited
 * @param restored how many are the dead letters again that they were, since it was stopped before
 *     they were due
 * @param lastDueAt when the last of those that wait is due; null: none waits
 */
public record ReplayProgress(
    long id,
    Instant startedAt,
    @Nullable Instant stoppedAt,
    int rate,
    long events,
    long waiting,
    long delivered,
    Map<String, Long> dead,
    long deleted,
    long restored,
    @Nullable Instant lastDueAt) {

  public ReplayProgress {
    dead = Map.copyOf(dead);
  }

  /** In one word. */
  public String state() {
    if (waiting > 0) {
      return stoppedAt == null ? "running" : "stopping";
    }
    return stoppedAt == null ? "finished" : "stopped";
  }

  /** How many are dead letters again, for whatever reason. */
  public long deadAgain() {
    return dead.values().stream().mapToLong(Long::longValue).sum();
  }
}
