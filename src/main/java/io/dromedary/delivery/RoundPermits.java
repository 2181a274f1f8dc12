package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.Permit;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permits of a round, one for each of its webhooks. Each permit is ended or given back exactly
 * once. Confined to the exchange that carries the delivery, unless that exchange is lost.
 */
final class RoundPermits {

  private static final Logger LOG = LoggerFactory.getLogger(RoundPermits.class);

  /** Stands for no round. */
  static final RoundPermits NONE = new RoundPermits(new int[0], new Permit[0]);

  private final int[] webhooks;
  private final @Nullable Permit[] permits;

  /**
   * Creates a round to the webhooks for which there are permits.
   *
   * @param permits the permit of each webhook, or null to leave it out; both arrays are kept
   */
  RoundPermits(int[] webhooks, @Nullable Permit[] permits) {
    int count = 0;
    for (int i = 0; i < webhooks.length; i++) {
      Permit permit = permits[i];
      if (permit != null) {
        permits[i] = null;
        permits[count] = permit;
        webhooks[count++] = webhooks[i];
      }
    }
    this.webhooks = count == webhooks.length ? webhooks : Arrays.copyOf(webhooks, count);
    this.permits = permits;
  }

  /** Returns the webhooks of the round, in an array that must not be changed. */
  int[] webhooks() {
    return webhooks;
  }

  /** Ends the permit of a branch unless it has ended. */
  void end(int branch, Outcome outcome, Instant now) {
    Permit permit = permits[branch];
    if (permit != null) {
      permits[branch] = null;
      try {
        permit.ended(outcome.toSignal(now));
      } catch (RuntimeException | Error e) {
        LOG.error("A flow control fails", e);
        // A permit that is not given back would be missing for good.
        cancel(permit);
      }
    }
  }

  /** Returns whether the branch has an attempt without a recorded outcome. */
  boolean isUnended(int branch) {
    return permits[branch] != null;
  }

  /**
   * Returns whether the attempt of a branch, which has not ended, is a probe of a webhook that is
   * down.
   */
  boolean isProbe(int branch) {
    Permit permit = permits[branch];
    return permit != null && permit.isProbe();
  }

  /** Gives back the remaining permits. Returns whether there were any. */
  boolean cancel() {
    return cancel(permits);
  }

  /** Gives back permits even if their flow controls throw. */
  static boolean cancel(@Nullable Permit[] permits) {
    boolean hadAny = false;
    for (int i = 0; i < permits.length; i++) {
      Permit permit = permits[i];
      if (permit != null) {
        permits[i] = null;
        cancel(permit);
        hadAny = true;
      }
    }
    return hadAny;
  }

  private static void cancel(Permit permit) {
    try {
      permit.cancelled();
    } catch (RuntimeException | Error e) {
      LOG.error("A flow control fails", e);
      // Calling again is safe: only the first successful call has an effect.
      permit.cancelled();
    }
  }
}
