package io.dromedary.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Event}s and {@link RejectedEvent}s of a message. Events can be read again until later
 * ones are read, so a step that failed before they were stored can be repeated without losing any.
 * Not thread-safe.
 */
public interface EventSequence {

  /**
   * Returns the known events after the first {@code count}. If none is known yet, it reads on, so
   * the list is empty only at the end of the message. The first {@code count} events may be
   * released.
   *
   * @throws Exception if there may be more events but they cannot be read
   * @throws IllegalArgumentException if events after {@code count} have been released
   */
  List<?> from(long count) throws Exception;

  /** Why nothing can be read after the known events, or null if reading has not failed. */
  @Nullable Throwable failure();

  /** Returns whether the known events are the last ones. */
  boolean isKnownToEnd();
}
