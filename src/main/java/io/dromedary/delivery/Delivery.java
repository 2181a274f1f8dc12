package io.dromedary.delivery;

import io.dromedary.event.Event;
import io.dromedary.signing.Payload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event, or a batch of them, on its way to the webhooks of a destination: what stays from round
 * to round. It is confined to the exchange that carries it, whose hand-overs between threads make
 * it visible; the multicast aggregates outcomes one at a time.
 */
public final class Delivery {

  /** What a webhook has made of the events. */
  private enum State {
    PENDING,
    ACCEPTED,
    FAILED
  }

  private final List<Event> events;
  private final Payload payload;
  private final Instant acceptedAt;
  private final State[] states;
  private final @Nullable Outcome[] outcomes;
  private int[] due = {};
  private int attempts;
  private @Nullable Instant firstAttemptAt;
  private @Nullable Instant lastAttemptAt;

  private Delivery(List<Event> events, boolean batch, State[] states) {
    this.events = events;
    this.states = states;
    this.outcomes = new Outcome[states.length];
    Event first = events.get(0);
    this.payload =
        batch
            ? Payload.batch(first.messageId(), events.stream().map(Event::json).toList())
            : Payload.single(first.messageId(), first.json());
    // The window of a batch is that of its oldest event: none is kept beyond its own.
    Instant oldest = first.acceptedAt();
    for (Event event : events) {
      oldest = event.acceptedAt().isBefore(oldest) ? event.acceptedAt() : oldest;
    }
    this.acceptedAt = oldest;
  }

  /** The delivery of one event as an object. */
  static Delivery of(Event event, int webhooks) {
    return new Delivery(List.of(event), false, pending(webhooks));
  }

  /** The delivery of events as a JSON array. */
  static Delivery of(List<Event> events, int webhooks) {
    return new Delivery(List.copyOf(events), true, pending(webhooks));
  }

  private static State[] pending(int webhooks) {
    State[] states = new State[webhooks];
    java.util.Arrays.fill(states, State.PENDING);
    return states;
  }

  /**
   * The events of a rejected batch one by one, for the webhooks that rejected it: so a bad event
   * does not sink the rest. Each is an array of one, as the receiver expects arrays.
   */
  List<Delivery> singles() {
    List<Delivery> singles = new ArrayList<>();
    for (Event event : events) {
      State[] copy = states.clone();
      for (int i = 0; i < copy.length; i++) {
        copy[i] = copy[i] == State.FAILED ? State.PENDING : copy[i];
      }
      singles.add(new Delivery(List.of(event), true, copy));
    }
    return singles;
  }

  List<Event> events() {
    return events;
  }

  Payload payload() {
    return payload;
  }

  Instant acceptedAt() {
    return acceptedAt;
  }

  /** How many rounds there have been. */
  int attempts() {
    return attempts;
  }

  @Nullable Instant firstAttemptAt() {
    return firstAttemptAt;
  }

  @Nullable Instant lastAttemptAt() {
    return lastAttemptAt;
  }

  /**
   * Starts a round: the indices of the webhooks that are sent to, which are those that have neither
   * accepted nor failed for good and do not want to be left alone until later.
   */
  int[] beginRound(Instant now) {
    attempts++;
    firstAttemptAt = firstAttemptAt == null ? now : firstAttemptAt;
    lastAttemptAt = now;
    int[] indices = new int[states.length];
    int count = 0;
    for (int i = 0; i < states.length; i++) {
      Instant notBefore = notBefore(i);
      if (states[i] == State.PENDING && (notBefore == null || !notBefore.isAfter(now))) {
        indices[count++] = i;
      }
    }
    due = java.util.Arrays.copyOf(indices, count);
    return due;
  }

  private @Nullable Instant notBefore(int webhook) {
    Outcome last = outcomes[webhook];
    return last == null ? null : last.notBefore();
  }

  /** Notes an outcome of the round and returns the index of its webhook. */
  int note(int branch, Outcome outcome) {
    int webhook = due[branch];
    outcomes[webhook] = outcome;
    states[webhook] =
        switch (outcome.kind()) {
          case ACCEPTED -> State.ACCEPTED;
          case TEMPORARY -> State.PENDING;
          case PERMANENT -> State.FAILED;
        };
    return webhook;
  }

  /** Whether as many webhooks have accepted as must. */
  boolean isDone(int acks) {
    return count(State.ACCEPTED) >= acks;
  }

  /** Whether some webhook has neither accepted nor failed for good. */
  boolean isPending() {
    return count(State.PENDING) > 0;
  }

  /** Whether this is a batch of several events of which some webhook wants nothing. */
  boolean isRejectedBatch() {
    return events.size() > 1 && count(State.FAILED) > 0 && !isPending();
  }

  private int count(State state) {
    int count = 0;
    for (State each : states) {
      count += each == state ? 1 : 0;
    }
    return count;
  }

  /**
   * The earliest instant at which some pending webhook may be sent to again as far as the receivers
   * are concerned, or null for any.
   */
  @Nullable Instant notBefore() {
    Instant earliest = Instant.MAX;
    for (int i = 0; i < states.length; i++) {
      if (states[i] == State.PENDING) {
        Instant notBefore = notBefore(i);
        if (notBefore == null) {
          return null;
        }
        earliest = notBefore.isBefore(earliest) ? notBefore : earliest;
      }
    }
    return earliest.equals(Instant.MAX) ? null : earliest;
  }

  /** The last outcome at a webhook, or null where nothing has been sent to it. */
  @Nullable Outcome outcome(int webhook) {
    return outcomes[webhook];
  }

  /** The state of a webhook, for a dead letter: pending, accepted or failed. */
  String state(int webhook) {
    return states[webhook].name().toLowerCase(java.util.Locale.ROOT);
  }
}
