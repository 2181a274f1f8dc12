package io.dromedary.outbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What becomes of a claimed event. */
public sealed interface Settlement {

  /** The exchange property by which a route says what becomes of the event; none means done. */
  String PROPERTY = "DromedarySettlement";

  /** The event is delivered and goes. */
  Settlement DONE = new Done();

  /** See {@link #DONE}. */
  record Done() implements Settlement {}

  /**
   * The event is parked: it leaves memory until it is due again.
   *
   * @param dueAt the instant from which it may be claimed again, by this node's clock
   * @param attempts how many rounds there have been
   * @param progress what the deliverer wants to know next time, or null
   */
  record Parked(Instant dueAt, int attempts, @Nullable String progress) implements Settlement {}

  /** The event is given up and becomes a dead letter. */
  record Dead(DeadLetter letter) implements Settlement {}
}
