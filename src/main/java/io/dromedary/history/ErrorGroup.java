package io.dromedary.history;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attempts that have failed in one way.
 *
 * @param count how many have, also of those that are not kept
 * @param last when one did for the last time, as far as it is kept
 * @param samples the first three that are kept and the last seven, the oldest first
 */
public record ErrorGroup(
    String attemptClass, long count, @Nullable Instant last, List<AttemptRecord> samples) {

  public ErrorGroup {
    samples = List.copyOf(samples);
  }
}
