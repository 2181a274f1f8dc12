package io.dromedary.outbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who takes the events of a destination out of the outbox. Implementations are thread-safe. */
interface Taker {

  /** Takes room for up to so many new events, and returns for how many there is. */
  int reserve(int wanted);

  /** Gives back room that was reserved for events that have not come. */
  void giveBack(int reserved);

  /** An event waits in memory and takes no room. */
  void paused();

  /**
   * An event that has waited takes room again, whether there is any or not. Returns whether it may
   * go on: not if twice as many are in flight as may be begun.
   */
  boolean resumed();

  /** Takes events that room was reserved for. */
  void take(List<Claim> claims);

  /** There are events in the store that are due. */
  void due();

  /** A settlement has been committed. */
  void settled(Claim claim, Settlement settlement);

  /** Why it takes nothing although there may be something, or null where it works. */
  default @Nullable String failure() {
    return null;
  }
}
