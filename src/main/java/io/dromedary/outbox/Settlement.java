package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The outcome of a claimed event. */
public sealed interface Settlement {

  /**
   * The exchange property by which a route chooses the settlement. Without it, an exchange that
   * succeeds is settled as {@link #DONE}.
   */
  String PROPERTY = "DromedarySettlement";

  /** The event is delivered and its row is deleted. */
  Settlement DONE = new Done();

  /** See {@link #DONE}. */
  record Done() implements Settlement {}

  /**
   * The event is parked: it leaves memory until it is due again.
   *
   * @param dueAt the instant from which it may be claimed again, by this node's clock
   * @param attempts the number of rounds so far
   * @param progress the deliverer's notes for the next round, or null
   */
  record Parked(Instant dueAt, int attempts, @Nullable String progress) implements Settlement {}

  /** The event is given up and becomes a dead letter. */
  record Dead(DeadLetter letter) implements Settlement {}
}
