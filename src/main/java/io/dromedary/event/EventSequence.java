package io.dromedary.event;

import java.util.List;

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
   */
  List<?> from(long count) throws Exception;

  /** Whether nothing comes behind those that are known. */
  boolean isKnownToEnd();
}
