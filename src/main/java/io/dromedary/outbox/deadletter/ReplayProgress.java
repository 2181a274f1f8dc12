package io.dromedary.outbox.deadletter;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a replay.
 *
 * @param isAdding whether it may put back further dead letters
 * @param rate the number of its events that become due per second
 * @param events the number of dead letters it has put back into the outbox
 * @param waiting the number of its events that are pending, whether they are due or not
 * @param delivered the number of events that were delivered, or dropped by a transform
 * @param dead the numbers of events that are dead letters again, by the status of the last answer;
 *     {@code none} if there was no answer, {@code cancelled} if an operator gave them up
 * @param deleted the number of events that an operator deleted while they were pending
 * @param restored the number of events that were not due when the replay was stopped, and are the
 *     same dead letters as before
 * @param lastDueAt when the last pending event is due, or null if none is pending
 */
public record ReplayProgress(
    long id,
    Instant startedAt,
    @Nullable Instant stoppedAt,
    boolean isAdding,
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

  /** Whether some of its events are pending, or may still be put back. */
  public boolean goesOn() {
    return isAdding || waiting > 0;
  }

  /** The state in one word: running, stopping, finished or stopped. */
  public String state() {
    if (goesOn()) {
      return stoppedAt == null ? "running" : "stopping";
    }
    return stoppedAt == null ? "finished" : "stopped";
  }

  /** The number of events that are dead letters again, for any reason. */
  public long deadAgain() {
    return dead.values().stream().mapToLong(Long::longValue).sum();
  }
}
