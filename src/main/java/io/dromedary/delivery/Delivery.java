package io.dromedary.delivery;

import io.dromedary.event.Event;
import io.dromedary.event.EventType;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.OutboxEvent;
import io.dromedary.outbox.Settlement;
import io.dromedary.signing.Payload;
import io.dromedary.tracing.Spans;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * An event, or a batch of them, on its way to the webhooks of a destination: what stays from round
 * to round. It is confined to the exchange that carries it, whose hand-overs between threads make
 * it visible; the multicast aggregates outcomes one at a time. Only if its exchange is lost its
 * permissions are given back by another thread.
 */
final class Delivery {

  /** The exchange property that holds the delivery. */
  static final String PROPERTY = "DromedaryDelivery";

  private static final String REPLAYED = "\"" + Progress.REPLAYED + "\":";

  private final List<Event> events;
  private List<byte[]> bodies;
  private final List<Claim> claims;
  private final boolean batch;
  private final Instant acceptedAt;
  private final boolean alone;
  private final WebhookStates states;
  private RoundPermits round = RoundPermits.NONE;
  private int attempts;
  private int skipped;
  private boolean waits;
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
    this.claims = claims;
    this.alone = alone;
    this.states = states;
    Event first = events.get(0);
    this.payload = payload(bodies);
    // The window of a batch is that of its oldest event: none is kept beyond its own.
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

  /** The delivery of an event out of the outbox, which goes on where it was. */
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

  /** The delivery of several, which are at the same webhooks, as a JSON array. */
  static Delivery of(List<Delivery> singles) {
    Delivery first = singles.get(0);
    List<Event> events = new ArrayList<>(singles.size());
    List<byte[]> bodies = new ArrayList<>(singles.size());
    List<Claim> claims = new ArrayList<>(singles.size());
    for (Delivery single : singles) {
      events.addAll(single.events);
      bodies.addAll(single.bodies);
      claims.addAll(single.claims);
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

  /** The events as they were accepted. */
  List<Event> events() {
    return events;
  }

  /** The body of the first event as it is sent, which a transform may have changed. */
  byte[] body() {
    return bodies.get(0);
  }

  /** From now on a single event has another body; a dead letter has the old one. */
  void transform(byte[] body) {
    bodies = List.of(body);
    payload = payload(bodies);
  }

  /** The event is given up. */
  void failTransform(String why) {
    transformFailure = why;
  }

  /** Why the event cannot be transformed, or null. */
  @Nullable String transformFailure() {
    return transformFailure;
  }

  /** The outbox's rows of the events, in their order. */
  List<Claim> claims() {
    return claims;
  }

  /** The spans of its rounds, or null if it is not traced. */
  @Nullable DeliveryTrace trace() {
    return trace;
  }

  /** From now on the rounds of a single event are traced, if that event is. */
  void traceBy(@Nullable Spans spans) {
    trace = DeliveryTrace.of(spans, claims.get(0), attempts, traceBefore);
  }

  Payload payload() {
    return payload;
  }

  Instant acceptedAt() {
    return acceptedAt;
  }

  /** How many rounds have sent something. */
  int attempts() {
    return attempts;
  }

  /** How many rounds since the last attempt have sent nothing, as no webhook was to be sent to. */
  int skipped() {
    return skipped;
  }

  /** Whether one of the events is a dead letter that was replayed. */
  boolean isReplayed(int event) {
    String come = claims.get(event).event().progress();
    // In a text of JSON a quote is escaped: nothing else looks so.
    return come != null && come.contains(REPLAYED);
  }

  /** Whether the event comes of a batch that was rejected, and is not to be part of another. */
  boolean isAlone() {
    return alone;
  }

  @Nullable Instant firstAttemptAt() {
    return firstAttemptAt;
  }

  @Nullable Instant lastAttemptAt() {
    return lastAttemptAt;
  }

  /** Notes the status of an answer when it comes. Thread-safe. */
  void answered(int status) {
    lastStatus = status;
  }

  /** The status of the last answer of any webhook, or null if none has answered. */
  @Nullable Integer lastStatus() {
    return lastStatus;
  }

  /** Until when the events leave memory; null: they do not. */
  @Nullable Instant parkedUntil() {
    return parkedUntil;
  }

  void park(Instant until) {
    parkedUntil = until;
  }

  /** The events go back to the outbox, which keeps what is known of them. */
  void settleParked(Instant until, String progress) {
    claims.forEach(claim -> claim.settle(new Settlement.Parked(until, attempts, progress)));
  }

  /** What each webhook has made of the events. */
  WebhookStates states() {
    return states;
  }

  /** The round that was admitted last. */
  RoundPermits round() {
    return round;
  }

  /** The next round has these permissions. */
  void admit(RoundPermits permits) {
    round = permits;
  }

  /** It is not decided yet what follows from an attempt that has failed. */
  void addUndecided(EndedAttempt attempt) {
    if (undecided.isEmpty()) {
      undecided = new ArrayList<>(1);
    }
    undecided.add(attempt);
  }

  /** The attempts of which it has not been decided what follows. */
  List<EndedAttempt> undecided() {
    return undecided;
  }

  /** It is decided what follows. */
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

  /** It goes on within so long, or its exchange is lost and somebody is told. */
  void expect(Duration within, Runnable otherwise) {
    claims.forEach(claim -> claim.expect(within, otherwise));
  }

  /** Nobody can tell when it goes on. */
  void expectNothing() {
    claims.forEach(Claim::expectNothing);
  }

  /** Whether the events are this node's for so much longer. */
  boolean isHeldFor(long nanos) {
    return claims.stream().allMatch(claim -> claim.isHeldFor(nanos));
  }

  /** A round has sent nothing, since no webhook was to be sent to. */
  void skip() {
    skipped++;
  }

  /** By which the flow controls tell events from each other. */
  long eventId() {
    return claims.get(0).id();
  }

  /** Notes the outcome at one of the webhooks that the round went to, and ends its permission. */
  void note(int branch, Outcome outcome, Instant now) {
    states.set(round.webhooks()[branch], WebhookState.after(outcome), outcome);
    round.end(branch, outcome, now);
  }

  /**
   * The events wait in memory: they do not count as in flight. Returns false if there is no room.
   */
  boolean pause() {
    if (!Claim.mayWait(claims)) {
      return false;
    }
    waits = true;
    claims.forEach(Claim::pause);
    return true;
  }

  /** Whether the events wait for a retry, and do not count as in flight. */
  boolean isPaused() {
    return waits;
  }

  /** Whether it may be sent now, as far as that is for the outbox to say. */
  boolean mayResume() {
    return !waits || claims.isEmpty() || claims.get(0).mayResume();
  }

  /** The events do not wait any more. */
  void resume() {
    if (waits) {
      waits = false;
      // Whether there is room or not: the flow controls have permitted it.
      claims.forEach(Claim::resume);
    }
  }

  /** Whether as many webhooks have accepted as must. */
  boolean isDone(int acks) {
    return states.missing(acks) <= 0;
  }

  /** Whether this is a batch of several events of which some webhook wants nothing. */
  boolean isRejectedBatch() {
    return events.size() > 1 && states.isRejected();
  }

  /** The delivery that an exchange carries. */
  static Delivery of(Exchange exchange) {
    Delivery delivery = exchange.getProperty(PROPERTY, Delivery.class);
    if (delivery == null) {
      throw new IllegalStateException("The exchange carries no delivery: it was not taken up.");
    }
    return delivery;
  }
}
