package io.dromedary.delivery;

import io.dromedary.delivery.flow.Permit;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permissions of the webhooks that a round goes to, each of which is ended or given back once.
 * Confined to the exchange that carries the delivery, but for one that is lost.
 */
final class RoundPermits {

  private static final Logger LOG = LoggerFactory.getLogger(RoundPermits.class);

  /** No round. */
  static final RoundPermits NONE = new RoundPermits(new int[0], new Permit[0]);

  private final int[] webhooks;
  private final @Nullable Permit[] permits;

  /**
   * A round to these webhooks, as far as there are permissions.
   *
   * @param permits of each of them, or null for a webhook that is left out; both arrays are kept
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

  /** The webhooks that the round goes to, in an array that is not to be written to. */
  int[] webhooks() {
    return webhooks;
  }

  /** Ends the permission of a branch, if it has not been. */
  void end(int branch, Outcome outcome, Instant now) {
    Permit permit = permits[branch];
    if (permit != null) {
      permits[branch] = null;
      try {
        permit.ended(outcome.toSignal(now));
      } catch (RuntimeException | Error e) {
        LOG.error("A flow control fails", e);
        // What has not been given back would be missing for good.
        cancel(permit);
      }
    }
  }

  /** Whether the round has begun an attempt whose outcome is not noted. */
  boolean isUnended(int branch) {
    return permits[branch] != null;
  }

  /** Whether the attempt of a branch, which has not ended, is a probe of a webhook that is down. */
  boolean isProbe(int branch) {
    Permit permit = permits[branch];
    return permit != null && permit.isProbe();
  }

  /** Gives back the permissions that are left, and returns whether there were any. */
  boolean cancel() {
    return cancel(permits);
  }

  /** Gives back permissions, whatever their flow controls think of that. */
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
      // Only the first call that gets through counts.
      permit.cancelled();
    }
  }
}
