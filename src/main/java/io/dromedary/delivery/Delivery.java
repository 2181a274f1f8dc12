package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.event.Event;
import io.dromedary.event.EventType;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.signing.Payload;
import io.dromedary.tracing.Spans;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The state of an event, or a batch of events, on its way to a destination's webhooks, kept from
 * round to round. Confined to the exchange that carries it: the hand-overs between threads make it
 * visible, and the multicast aggregates outcomes one at a time. Only if the exchange is lost does
 * another thread give its permits back.
 */
final class Delivery {

  /** The exchange property that holds the delivery. */
  static final String PROPERTY = "DromedaryDelivery";

  private final List<Event> events;
  private List<byte[]> bodies;
  private final Claims claims;
  private final boolean batch;
  private final Instant acceptedAt;
  private final boolean alone;
  private final WebhookStates states;
  private RoundPermits round = RoundPermits.NONE;
  private int attempts;
  private int skipped;
  private Payload payload;
  private @Nullable String transformFailure;
  private @Nullable Instant firstAttemptAt;
  private @Nullable Instant lastAttemptAt;
  private @Nullable Instant parkedUntil;
  private List<EndedAttempt> undecided = List.of();
  private @Nullable String traceBefore;
  private @Nullable DeliveryTrace trace;

  /** Written by the threads that make the attempts of a round, in the order of their answers. */
  private volatile @Nullable Integer lastStatus;

  private Delivery(
      List<Event> events,
      List<byte[]> bodies,
      List<Claim> claims,
      boolean batch,
      boolean alone,
      WebhookStates states) {
    this.events = events;
    this.bodies = bodies;
    this.batch = batch;
    this.claims = new Claims(claims);
    this.alone = alone;
    this.states = states;
    Event first = events.get(0);
    this.payload = payload(bodies);
    // A batch has the window of its oldest event, so that no event is retried beyond its own.
    Instant oldest = first.acceptedAt();
    for (Event event : events) {
      oldest = event.acceptedAt().isBefore(oldest) ? event.acceptedAt() : oldest;
    }
    this.acceptedAt = oldest;
  }

  private Payload payload(List<byte[]> of) {
    String messageId = events.get(0).messageId();
    return batch ? Payload.batch(messageId, of) : Payload.single(messageId, of.get(0));
  }

  /** Creates the delivery of a claimed event, which continues from its stored progress. */
  static Delivery of(Claim claim, List<Webhook> webhooks, boolean batch) {
    OutboxEvent stored = claim.event();
    EventType type = EventType.of(stored.type());
    Event event =
        new Event(
            stored.messageId(),
            type == null ? EventType.TRACK : type,
            stored.acceptedAt(),
            stored.body());
    Progress progress = Progress.read(stored.progress());
    Delivery delivery =
        new Delivery(
            List.of(event),
            List.of(event.json()),
            List.of(claim),
            batch,
            progress.alone,
            progress.restore(webhooks));
    delivery.attempts = stored.attempts();
    delivery.skipped = progress.skipped;
    delivery.firstAttemptAt = progress.firstAttemptAt;
    delivery.lastAttemptAt = progress.lastAttemptAt;
    delivery.lastStatus = progress.lastStatus;
    delivery.traceBefore = progress.trace;
    return delivery;
  }

  /** Creates the delivery of several events, pending at the same webhooks, as a JSON array. */
  static Delivery of(List<Delivery> singles) {
    Delivery first = singles.get(0);
    List<Event> events = new ArrayList<>(singles.size());
    List<byte[]> bodies = new ArrayList<>(singles.size());
    List<Claim> claims = new ArrayList<>(singles.size());
    for (Delivery single : singles) {
      events.addAll(single.events);
      bodies.addAll(single.bodies);
      claims.addAll(single.claims.all());
    }
    Delivery batch =
        new Delivery(events, bodies, claims, true, false, new WebhookStates(first.states));
    for (Delivery single : singles) {
      batch.attempts = Math.max(batch.attempts, single.attempts);
      batch.skipped = Math.max(batch.skipped, single.skipped);
    }
    batch.firstAttemptAt = first.firstAttemptAt;
    batch.lastAttemptAt = first.lastAttemptAt;
    batch.lastStatus = first.lastStatus;
    batch.trace = DeliveryTrace.of(singles);
    return batch;
  }

  /** Returns the events as they were accepted. */
  List<Event> events() {
    return events;
  }

  /** Returns the body of the first event as it is sent, after the transform. */
  byte[] body() {
    return bodies.get(0);
  }

  /** Replaces the body of a single event. A dead letter keeps the original one. */
  void transform(byte[] body) {
    bodies = List.of(body);
    payload = payload(bodies);
  }

  /** Marks the event as one whose transform failed. */
  void failTransform(String why) {
    transformFailure = why;
  }

  /** Returns why the transform failed, or null. */
  @Nullable String transformFailure() {
    return transformFailure;
  }

  /** Returns the claims of the events. */
  Claims claims() {
    return claims;
  }

  /** Returns the spans of the rounds, or null if the delivery is not traced. */
  @Nullable DeliveryTrace trace() {
    return trace;
  }

  /** Begins to trace the rounds of a single event, if that event is traced. */
  void traceBy(@Nullable Spans spans) {
    trace = DeliveryTrace.of(spans, claims.get(0), attempts, traceBefore);
  }

  Payload payload() {
    return payload;
  }

  Instant acceptedAt() {
    return acceptedAt;
  }

  /** Returns the number of rounds that have sent something. */
  int attempts() {
    return attempts;
  }

  /**
   * Returns the number of rounds since the last attempt that sent nothing, as no webhook was open.
   */
  int skipped() {
    return skipped;
  }

  /** Returns whether the event comes from a rejected batch and must not join another one. */
  boolean isAlone() {
    return alone;
  }

  @Nullable Instant firstAttemptAt() {
    return firstAttemptAt;
  }

  @Nullable Instant lastAttemptAt() {
    return lastAttemptAt;
  }

  /** Records the status of an answer when it arrives. Thread-safe. */
  void answered(int status) {
    lastStatus = status;
  }

  /** Returns the status of the last answer of any webhook, or null if none has answered. */
  @Nullable Integer lastStatus() {
    return lastStatus;
  }

  /** Returns until when the events are parked, or null if they are not. */
  @Nullable Instant parkedUntil() {
    return parkedUntil;
  }

  void park(Instant until) {
    parkedUntil = until;
  }

  /** Returns the state of the delivery at each webhook. */
  WebhookStates states() {
    return states;
  }

  /** Returns the permits of the round that was admitted last. */
  RoundPermits round() {
    return round;
  }

  /** Sets the permits of the next round. */
  void admit(RoundPermits permits) {
    round = permits;
  }

  /** Adds a failed attempt whose consequence has not been decided yet. */
  void addUndecided(EndedAttempt attempt) {
    if (undecided.isEmpty()) {
      undecided = new ArrayList<>(1);
    }
    undecided.add(attempt);
  }

  /** Returns the failed attempts whose consequence has not been decided. */
  List<EndedAttempt> undecided() {
    return undecided;
  }

  /** Marks the consequence of all attempts as decided. */
  void decided() {
    undecided = List.of();
  }

  /** Starts the round that has been admitted. */
  void beginRound(Instant now) {
    attempts++;
    skipped = 0;
    firstAttemptAt = firstAttemptAt == null ? now : firstAttemptAt;
    lastAttemptAt = now;
  }

  /** Counts a round that sent nothing because no webhook was open. */
  void skip() {
    skipped++;
  }

  /** Records the outcome at one of the round's webhooks and ends its permit. */
  void note(int branch, Outcome outcome, Instant now) {
    states.set(round.webhooks()[branch], WebhookState.after(outcome), outcome);
    round.end(branch, outcome, now);
  }

  /** Returns whether enough webhooks have accepted. */
  boolean isDone(int acks) {
    return states.missing(acks) <= 0;
  }

  /** Returns whether this is a batch of several events that some webhook has rejected. */
  boolean isRejectedBatch() {
    return events.size() > 1 && states.isRejected();
  }

  /** Returns the delivery that an exchange carries. */
  static Delivery of(Exchange exchange) {
    Delivery delivery = exchange.getProperty(PROPERTY, Delivery.class);
    if (delivery == null) {
      throw new IllegalStateException("The exchange carries no delivery: it was not taken up.");
    }
    return delivery;
  }
}
