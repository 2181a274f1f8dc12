package io.dromedary.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Event}s and {@link RejectedEvent}s of a message, which can be asked for again until
 * later ones are: so who fails before they are stored loses none. Not thread-safe.
 */
public interface EventSequence {

  /**
   * Those behind the first so many, as far as they are known; where none is known it reads on. So
   * there are none only at the end. Those before may be let go of.
   *
   * @throws Exception if there may be more that cannot be read
   * @throws IllegalArgumentException if some of them have been let go of
   */
  List<?> from(long count) throws Exception;

  /** Why no more can be read than is known, or null where that can be. */
  @Nullable Throwable failure();

  /** Whether nothing comes behind those that are known. */
  boolean isKnownToEnd();
}
