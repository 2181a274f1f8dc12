package io.dromedary.delivery;

import io.dromedary.delivery.flow.Permit;
import io.dromedary.event.Event;
import io.dromedary.event.EventType;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.OutboxEvent;
import io.dromedary.outbox.Settlement;
import io.dromedary.signing.Payload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An event, or a batch of them, on its way to the webhooks of a destination: what stays from round
 * to round. It is confined to the exchange that carries it, whose hand-overs between threads make
 * it visible; the multicast aggregates outcomes one at a time. Only if its exchange is lost its
 * permissions are given back by another thread.
 */
final class Delivery {

  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  /** The exchange property that holds the delivery. */
  static final String PROPERTY = "DromedaryDelivery";

  /** What a webhook has made of the events. */
  enum State {
    PENDING(Outcome.Kind.TEMPORARY),
    ACCEPTED(Outcome.Kind.ACCEPTED),
    FAILED(Outcome.Kind.PERMANENT);

    private final Outcome.Kind kind;
    private final String json = name().toLowerCase(Locale.ROOT);

    State(Outcome.Kind kind) {
      this.kind = kind;
    }

    /** The kind of outcome that leads to this state. */
    Outcome.Kind kind() {
      return kind;
    }

    String json() {
      return json;
    }

    static State of(@Nullable String json) {
      for (State state : values()) {
        if (state.json.equals(json)) {
          return state;
        }
      }
      return PENDING;
    }

    private static State after(Outcome outcome) {
      return switch (outcome.kind()) {
        case ACCEPTED -> ACCEPTED;
        case TEMPORARY -> PENDING;
        case PERMANENT -> FAILED;
      };
    }
  }

  private final List<Event> events;
  private List<byte[]> bodies;
  private final List<Claim> claims;
  private final boolean batch;
  private final Instant acceptedAt;
  private final boolean alone;
  private final State[] states;
  private final @Nullable Outcome[] outcomes;
  private int[] due = {};
  private @Nullable Permit[] permits = {};
  private int attempts;
  private int skipped;
  private boolean waits;
  private Payload payload;
  private @Nullable String transformFailure;
  private @Nullable Instant firstAttemptAt;
  private @Nullable Instant lastAttemptAt;
  private @Nullable Instant parkedUntil;

  private Delivery(
      List<Event> events,
      List<byte[]> bodies,
      List<Claim> claims,
      boolean batch,
      boolean alone,
      State[] states,
      @Nullable Outcome[] outcomes) {
    this.events = events;
    this.bodies = bodies;
    this.batch = batch;
    this.claims = claims;
    this.alone = alone;
    this.states = states;
    this.outcomes = outcomes;
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
    State[] states = pending(webhooks.size());
    @Nullable Outcome[] outcomes = new Outcome[webhooks.size()];
    String text = stored.progress();
    Progress progress = text == null ? null : Progress.read(text);
    if (progress != null) {
      for (int i = 0; i < states.length; i++) {
        progress.restore(webhooks.get(i).key(), i, states, outcomes);
      }
    }
    Delivery delivery =
        new Delivery(
            List.of(event),
            List.of(event.json()),
            List.of(claim),
            batch,
            progress != null && progress.alone,
            states,
            outcomes);
    delivery.attempts = stored.attempts();
    if (progress != null) {
      delivery.skipped = progress.skipped;
      delivery.firstAttemptAt = progress.firstAttemptAt;
      delivery.lastAttemptAt = progress.lastAttemptAt;
    }
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
        new Delivery(
            events, bodies, claims, true, false, first.states.clone(), first.outcomes.clone());
    for (Delivery single : singles) {
      batch.attempts = Math.max(batch.attempts, single.attempts);
      batch.skipped = Math.max(batch.skipped, single.skipped);
    }
    batch.firstAttemptAt = first.firstAttemptAt;
    batch.lastAttemptAt = first.lastAttemptAt;
    return batch;
  }

  private static State[] pending(int webhooks) {
    State[] states = new State[webhooks];
    Arrays.fill(states, State.PENDING);
    return states;
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

  /** Until when the events leave memory; null: they do not. */
  @Nullable Instant parkedUntil() {
    return parkedUntil;
  }

  void park(Instant until) {
    parkedUntil = until;
  }

  /** The events go back to the outbox, which keeps what is known of them. */
  void settleParked(Instant until, @Nullable String progress) {
    claims.forEach(claim -> claim.settle(new Settlement.Parked(until, attempts, progress)));
  }

  /** The webhooks that have neither accepted nor failed for good, a bit each. */
  int pending() {
    int pending = 0;
    for (int i = 0; i < states.length; i++) {
      pending |= states[i] == State.PENDING ? 1 << i : 0;
    }
    return pending;
  }

  /** The indices of the pending webhooks that do not want to be left alone until later. */
  int[] due(Instant now) {
    int[] indices = new int[states.length];
    int count = 0;
    for (int i = 0; i < states.length; i++) {
      Instant notBefore = notBefore(i);
      if (states[i] == State.PENDING && (notBefore == null || !notBefore.isAfter(now))) {
        indices[count++] = i;
      }
    }
    return count == indices.length ? indices : Arrays.copyOf(indices, count);
  }

  /**
   * The next round goes to these webhooks as far as there are permissions.
   *
   * @param permits of each of them, or null for a webhook that is left out
   */
  void admit(int[] webhooks, @Nullable Permit[] permits) {
    int count = 0;
    for (int i = 0; i < webhooks.length; i++) {
      if (permits[i] != null) {
        webhooks[count] = webhooks[i];
        permits[count++] = permits[i];
      }
    }
    this.due = count == webhooks.length ? webhooks : Arrays.copyOf(webhooks, count);
    this.permits = permits;
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
    for (Claim claim : claims) {
      if (!claim.isHeldFor(nanos)) {
        return false;
      }
    }
    return true;
  }

  /** Gives back the permissions of a round that was not sent, and returns whether it had any. */
  boolean cancelPermits() {
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

  /** Gives back a permission, whatever its flow control thinks of that. */
  static void cancel(Permit permit) {
    try {
      permit.cancelled();
    } catch (RuntimeException | Error e) {
      LOG.error("A flow control fails", e);
      // Only the first call that gets through counts.
      permit.cancelled();
    }
  }

  /** A round has sent nothing, since no webhook was to be sent to. */
  void skip() {
    skipped++;
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
      if (states[i] == State.PENDING) {
        lane |= (isRetry(i) ? 1 : 1 | 1 << states.length) << i;
      }
    }
    return lane;
  }

  /** By which the flow controls tell events from each other. */
  long eventId() {
    return claims.get(0).id();
  }

  /** How many webhooks still have to accept. */
  int missing(int acks) {
    return acks - count(State.ACCEPTED);
  }

  private @Nullable Instant notBefore(int webhook) {
    Outcome last = outcomes[webhook];
    return last == null ? null : last.notBefore();
  }

  /** The webhooks that the round goes to, in an array that is not to be written to. */
  int[] sentTo() {
    return due;
  }

  /** Notes the outcome at one of the webhooks that the round went to, and ends its permission. */
  void note(int branch, Outcome outcome, Instant now) {
    int webhook = due[branch];
    outcomes[webhook] = outcome;
    states[webhook] = State.after(outcome);
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

  /** Whether all webhooks that are pending are down or paused. */
  boolean waitsForClosed(List<Webhook> webhooks) {
    for (int i = 0; i < states.length; i++) {
      if (states[i] == State.PENDING && !webhooks.get(i).isClosed()) {
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
      if (states[i] == State.PENDING) {
        Instant notBefore = later(notBefore(i), webhooks.get(i).closedUntil(now));
        if (notBefore == null) {
          return null;
        }
        earliest = notBefore.isBefore(earliest) ? notBefore : earliest;
      }
    }
    return earliest.equals(Instant.MAX) ? null : earliest;
  }

  private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isAfter(other) ? one : other;
  }

  /** The last outcome at a webhook, or null where nothing has been sent to it. */
  @Nullable Outcome outcome(int webhook) {
    return outcomes[webhook];
  }

  State state(int webhook) {
    return states[webhook];
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
