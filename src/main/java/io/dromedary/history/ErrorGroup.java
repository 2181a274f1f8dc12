package io.dromedary.history;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The failed attempts of one class.
 *
 * @param count the number of attempts, including those without a record
 * @param last the instant of the last attempt that has a record, or null if there is none
 * @param samples the first three and the last seven attempts that have a record, oldest first
 */
public record ErrorGroup(
    String attemptClass, long count, @Nullable Instant last, List<AttemptRecord> samples) {

  public ErrorGroup {
    samples = List.copyOf(samples);
  }
}
