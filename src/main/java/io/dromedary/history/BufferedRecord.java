package io.dromedary.history;

import org.jspecify.annotations.Nullable;

/**
 * A record that waits to be written.
 *
 * @param isInteresting whether it is kept for longer than a plain success
 * @param user the hash by which the user's records are found, or null if the event has no user
 */
record BufferedRecord(AttemptRecord attempt, boolean isInteresting, @Nullable Long user) {

  /** The memory of a record's objects and its entry in the queue, in bytes. */
  private static final int OVERHEAD = 64;

  int bytes() {
    return attempt.bytes() + OVERHEAD;
  }
}
