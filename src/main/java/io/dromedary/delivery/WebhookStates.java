package io.dromedary.delivery;

import static io.dromedary.delivery.WebhookState.ACCEPTED;
import static io.dromedary.delivery.WebhookState.FAILED;
import static io.dromedary.delivery.WebhookState.PENDING;

import io.dromedary.delivery.attempt.Outcome;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a delivery at each webhook of a destination, by the webhook's index. Confined to the
 * exchange that carries the delivery.
 */
public final class WebhookStates {

  private final WebhookState[] states;
  private final @Nullable Outcome[] outcomes;

  /** Creates the states of a new delivery: all webhooks are pending. */
  WebhookStates(int webhooks) {
    this.states = new WebhookState[webhooks];
    this.outcomes = new Outcome[webhooks];
    Arrays.fill(states, PENDING);
  }

  /** Creates a copy that can change independently. */
  WebhookStates(WebhookStates other) {
    this.states = other.states.clone();
    this.outcomes = other.outcomes.clone();
  }

  public WebhookState get(int webhook) {
    return states[webhook];
  }

  /** Returns the last outcome at a webhook, or null if nothing has been sent to it. */
  @Nullable
  public Outcome outcome(int webhook) {
    return outcomes[webhook];
  }

  /** Sets the state of a webhook after an outcome. */
  void set(int webhook, WebhookState state, @Nullable Outcome outcome) {
    outcomes[webhook] = outcome;
    states[webhook] = state;
  }

  /** Returns the webhooks that have neither accepted nor failed for good, one bit each. */
  int pending() {
    int pending = 0;
    for (int i = 0; i < states.length; i++) {
      pending |= states[i] == PENDING ? 1 << i : 0;
    }
    return pending;
  }

  /**
   * Returns the indices of the pending webhooks that accept requests now, by {@code Retry-After}.
   */
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

  /** Returns whether the events have been sent to that webhook before. */
  boolean isRetry(int webhook) {
    return outcomes[webhook] != null;
  }

  /** Returns whether the events have been sent to all pending webhooks before. */
  boolean isOnlyRetried() {
    return lane() >> states.length == 0;
  }

  /**
   * Returns the queue in which the delivery waits. Deliveries with the same pending webhooks, of
   * which the same ones are tried for the first time, share a lane. Lanes that hold only retries
   * have the lowest numbers.
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

  /** Returns how many more webhooks have to accept; zero or less if the delivery is done. */
  int missing(int acks) {
    return acks - count(ACCEPTED);
  }

  /** Returns whether some webhook has neither accepted nor failed for good. */
  boolean isPending() {
    return pending() != 0;
  }

  /** Returns whether some webhook has failed for good and none is pending. */
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

  /** Returns the failures as the end of a sentence: "; webhook: reason" for each webhook. */
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

  /** Returns whether all pending webhooks are down or paused. */
  public boolean waitsForClosed(List<Webhook> webhooks) {
    for (int i = 0; i < states.length; i++) {
      if (states[i] == PENDING && !webhooks.get(i).isClosed()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the earliest instant at which receivers and flow controls allow an attempt at some
   * pending webhook, or null if one is allowed now.
   */
  @Nullable
  public Instant notBefore(Instant now, List<Webhook> webhooks) {
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
