package io.dromedary.history;

import org.jspecify.annotations.Nullable;

/**
 * A record on its way into the store.
 *
 * @param isInteresting whether it is kept for longer than a plain success
 * @param user by which the records of a user are found, or null where there is none
 */
record Kept(AttemptRecord attempt, boolean isInteresting, @Nullable Long user) {

  /** What an entry of the queue and the objects of a record take. */
  private static final int OVERHEAD = 64;

  int bytes() {
    return attempt.bytes() + OVERHEAD;
  }
}
