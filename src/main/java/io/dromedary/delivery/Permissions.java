package io.dromedary.delivery;

import io.dromedary.delivery.flow.Permit;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Acquires the permits that a round needs from the flow controls of a destination's webhooks. A
 * round does without webhooks that are down or paused. Guarded by the lock of {@link Admission}.
 */
final class Permissions {

  /** How long rounds do not wait for a webhook that has held rounds up. */
  private static final long LAGGING_NANOS = Duration.ofSeconds(1).toNanos();

  /** The decision about a round. */
  enum Verdict {
    ADMITTED,
    WAIT,
    REFUSED
  }

  private final Destination destination;
  private final List<Webhook> webhooks;

  /** For each webhook, the time until which rounds do not wait for it. */
  private final long[] laggingUntilNanos;

  Permissions(Destination destination) {
    this.destination = destination;
    this.webhooks = destination.webhooks();
    this.laggingUntilNanos = new long[webhooks.size()];
    Arrays.fill(laggingUntilNanos, System.nanoTime());
  }

  /**
   * Acquires the permits of a round.
   *
   * @param isLate whether the round has waited so long that it goes without webhooks it does not
   *     need
   * @param isFirst whether no other round waits
   */
  Verdict take(Delivery delivery, boolean isLate, boolean isFirst) {
    if (!delivery.claims().mayResume()) {
      return Verdict.WAIT;
    }
    int[] due = delivery.states().due(destination.clock().instant());
    @Nullable Permit[] permits = new Permit[due.length];
    boolean isAdmitted = false;
    try {
      Verdict verdict = acquire(delivery, due, permits, isLate, isFirst);
      if (verdict == Verdict.ADMITTED) {
        delivery.admit(new RoundPermits(due, permits));
        isAdmitted = true;
        // Not earlier: only a round that begins may count as in flight again.
        delivery.claims().resume();
      }
      return verdict;
    } finally {
      if (!isAdmitted) {
        RoundPermits.cancel(permits);
      }
    }
  }

  private Verdict acquire(
      Delivery delivery, int[] due, @Nullable Permit[] permits, boolean isLate, boolean isFirst) {
    long id = delivery.claims().id();
    int granted = 0;
    int heldUpBy = -1;
    for (int i = 0; i < due.length; i++) {
      Webhook webhook = webhooks.get(due[i]);
      permits[i] = webhook.flow().tryAcquire(id, delivery.states().isRetry(due[i]));
      if (permits[i] != null) {
        granted++;
      } else if (!webhook.isClosed() && laggingUntilNanos[due[i]] - System.nanoTime() <= 0) {
        heldUpBy = due[i];
      }
    }
    int missing = delivery.states().missing(destination.settings().acks());
    boolean isEnough = granted > 0 && granted >= missing;
    if (heldUpBy >= 0 && isLate && isEnough) {
      laggingUntilNanos[heldUpBy] = System.nanoTime() + LAGGING_NANOS;
      heldUpBy = -1;
    }
    if (granted > 0 && heldUpBy < 0) {
      return Verdict.ADMITTED;
    }
    // One round waits to be the next probe. More would only hold memory and claims.
    return heldUpBy >= 0 || (due.length > 0 && isFirst) ? Verdict.WAIT : Verdict.REFUSED;
  }

  /**
   * Returns the time until a permit for a delivery may become available without an attempt ending.
   */
  long nanosUntilNext(Delivery delivery) {
    WebhookStates states = delivery.states();
    long wait = Long.MAX_VALUE;
    for (int i = 0; i < webhooks.size(); i++) {
      if (states.get(i) == WebhookState.PENDING) {
        wait = Math.min(wait, webhooks.get(i).flow().nanosUntilNext(states.isRetry(i)));
      }
    }
    return wait;
  }
}
