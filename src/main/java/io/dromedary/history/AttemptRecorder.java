package io.dromedary.history;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Records the attempts at one webhook. Each attempt is counted, and a record of each of its events
 * may be kept. Never blocks and never throws. Thread-safe.
 */
public final class AttemptRecorder {

  private final History history;
  private final Tally webhook;
  private final Tally destination;

  AttemptRecorder(History history, Tally webhook, Tally destination) {
    this.history = history;
    this.webhook = webhook;
    this.destination = destination;
  }

  /**
   * Counts an attempt.
   *
   * @return whether it was slower than 99 % of the attempts in the last hour
   */
  public boolean count(String outcome, String attemptClass, Duration took) {
    return webhook.attempt(outcome, attemptClass, TimeUnit.NANOSECONDS.toMicros(took.toNanos()));
  }

  /** Counts an event that enough webhooks have accepted. */
  public void delivered(Duration sinceAccepted) {
    destination.delivered(Math.max(0, sinceAccepted.toMillis()));
  }

  /** Whether to keep a record of one event in an attempt. Each call counts towards the limit. */
  public boolean isKept(
      String outcome, String attemptClass, int number, Origin origin, boolean isSlow) {
    return history.isKept(webhook, destination, outcome, attemptClass, number, origin, isSlow);
  }

  /**
   * Keeps a record.
   *
   * @param user the {@link UserHash} of the event's user, or null if it has none
   */
  public void keep(AttemptRecord attempt, boolean isSlow, @Nullable Long user) {
    history.keep(new BufferedRecord(attempt, isSlow || attempt.isInteresting(), user));
  }
}
