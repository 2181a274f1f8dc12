package io.dromedary.delivery;

import static io.dromedary.delivery.WebhookState.ACCEPTED;
import static io.dromedary.delivery.WebhookState.FAILED;
import static io.dromedary.delivery.WebhookState.PENDING;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each webhook of a destination has made of the events of a delivery, by its index. Confined
 * to the exchange that carries the delivery.
 */
final class WebhookStates {

  private final WebhookState[] states;
  private final @Nullable Outcome[] outcomes;

  /** Of so many webhooks, which have not been asked. */
  WebhookStates(int webhooks) {
    this.states = new WebhookState[webhooks];
    this.outcomes = new Outcome[webhooks];
    Arrays.fill(states, PENDING);
  }

  /** The same, to go on from there. */
  WebhookStates(WebhookStates other) {
    this.states = other.states.clone();
    this.outcomes = other.outcomes.clone();
  }

  WebhookState get(int webhook) {
    return states[webhook];
  }

  /** The last outcome at a webhook, or null where nothing has been sent to it. */
  @Nullable Outcome outcome(int webhook) {
    return outcomes[webhook];
  }

  /** From now on a webhook is in that state, after that outcome. */
  void set(int webhook, WebhookState state, @Nullable Outcome outcome) {
    outcomes[webhook] = outcome;
    states[webhook] = state;
  }

  /** The webhooks that have neither accepted nor failed for good, a bit each. */
  int pending() {
    int pending = 0;
    for (int i = 0; i < states.length; i++) {
      pending |= states[i] == PENDING ? 1 << i : 0;
    }
    return pending;
  }

  /** The indices of the pending webhooks that do not want to be left alone until later. */
  int[] due(Instant now) {
    int[] indices = new int[states.length];
    int count = 0;
    for (int i = 0; i < states.length; i++) {
      Instant notBefore = notBefore(i);
      if (states[i] == PENDING && (notBefore == null || !notBefore.isAfter(now))) {
        indices[count++] = i;
      }
    }
    return count == indices.length ? indices : Arrays.copyOf(indices, count);
  }

  /** Whether the events have been sent to that webhook before. */
  boolean isRetry(int webhook) {
    return outcomes[webhook] != null;
  }

  /** Whether the events have been sent before to all webhooks that are pending. */
  boolean isOnlyRetried() {
    return lane() >> states.length == 0;
  }

  /**
   * Deliveries that wait for the same have the same lane: by the webhooks that are pending, and by
   * which of them are sent to for the first time. Those that are only retries have the lowest.
   */
  int lane() {
    int lane = 0;
    for (int i = 0; i < states.length; i++) {
      if (states[i] == PENDING) {
        lane |= (isRetry(i) ? 1 : 1 | 1 << states.length) << i;
      }
    }
    return lane;
  }

  /** How many webhooks still have to accept, of so many that have to: none, or fewer, if done. */
  int missing(int acks) {
    return acks - count(ACCEPTED);
  }

  /** Whether some webhook has neither accepted nor failed for good. */
  boolean isPending() {
    return pending() != 0;
  }

  /** Whether some webhook wants nothing of it, and all others have accepted. */
  boolean isRejected() {
    return count(FAILED) > 0 && !isPending();
  }

  private int count(WebhookState state) {
    int count = 0;
    for (WebhookState each : states) {
      count += each == state ? 1 : 0;
    }
    return count;
  }

  /** Why webhooks have not accepted, as the end of a sentence: "; webhook: reason" for each. */
  String reasons(List<Webhook> webhooks) {
    StringBuilder reasons = new StringBuilder();
    for (int i = 0; i < outcomes.length; i++) {
      Outcome last = outcomes[i];
      if (last != null && !last.reason().isEmpty()) {
        reasons.append("; ").append(webhooks.get(i).name()).append(": ").append(last.reason());
      }
    }
    return reasons.toString();
  }

  /** Whether all webhooks that are pending are down or paused. */
  boolean waitsForClosed(List<Webhook> webhooks) {
    for (int i = 0; i < states.length; i++) {
      if (states[i] == PENDING && !webhooks.get(i).isClosed()) {
        return false;
      }
    }
    return true;
  }

  /**
   * The earliest instant at which some pending webhook may be sent to again, as far as receivers
   * and flow controls are concerned, or null for any.
   */
  @Nullable Instant notBefore(Instant now, List<Webhook> webhooks) {
    Instant earliest = Instant.MAX;
    for (int i = 0; i < states.length; i++) {
      if (states[i] == PENDING) {
        Instant notBefore = later(notBefore(i), webhooks.get(i).closedUntil(now));
        if (notBefore == null) {
          return null;
        }
        earliest = notBefore.isBefore(earliest) ? notBefore : earliest;
      }
    }
    return earliest.equals(Instant.MAX) ? null : earliest;
  }

  private @Nullable Instant notBefore(int webhook) {
    Outcome last = outcomes[webhook];
    return last == null ? null : last.notBefore();
  }

  private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isAfter(other) ? one : other;
  }
}
