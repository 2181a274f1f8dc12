package io.dromedary.delivery;

import io.dromedary.event.Event;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.OutboxEvent;
import io.dromedary.outbox.Settlement;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.SigningScheme;
import io.dromedary.signing.SharedSecretSigner;
import io.dromedary.signing.Signer;
import io.dromedary.signing.StandardWebhooksSigner;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decisions of a destination, one method for each step of its routes. Thread-safe: what is
 * known of an event is in its {@link Delivery}, which one thread at a time has.
 */
final class Destination {

  /** The exchange property that holds the {@link Delivery}. */
  static final String DELIVERY = "DromedaryDelivery";

  /** The exchange property that holds the endpoints of the round. */
  static final String RECIPIENTS = "DromedaryRecipients";

  /** The exchange property with the number, from 1, of the only webhook that a round goes to. */
  static final String WEBHOOK = "DromedaryWebhook";

  /** The exchange property by which events are put into batches. */
  static final String BATCH_KEY = "DromedaryBatchKey";

  private static final Logger LOG = LoggerFactory.getLogger(Destination.class);

  /** How much longer than an attempt a claim has to be held, so that it can be settled in time. */
  private static final Duration LEASE_RESERVE = Duration.ofMillis(500);

  private final DestinationSettings settings;
  private final RetrySchedule schedule;
  private final Clock clock;
  private final List<Webhook> webhooks;
  private final List<Signer> signers;
  private final Room room;
  private final Ramp ramp;
  private final long holdNanos;
  private final DeliveryMeters meters = new DeliveryMeters();

  /** Whether the process stops, so that nothing begins any more. */
  private volatile boolean stopping;

  Destination(
      DestinationSettings settings,
      RetrySchedule schedule,
      Clock clock,
      List<Webhook> webhooks,
      Room room) {
    this.settings = settings;
    this.schedule = schedule;
    this.clock = clock;
    this.webhooks = webhooks;
    this.signers = signers(settings);
    this.room = room;
    this.ramp = new Ramp(settings.inFlight());
    this.holdNanos = settings.timeout().plus(LEASE_RESERVE).toNanos();
  }

  /** What is counted of this destination. */
  DeliveryMeters meters() {
    return meters;
  }

  private static List<Signer> signers(DestinationSettings settings) {
    List<Signer> signers = new ArrayList<>();
    if (!settings.secrets().isEmpty()) {
      for (SigningScheme scheme : settings.schemes()) {
        signers.add(
            switch (scheme) {
              case X_SIGNATURE -> new SharedSecretSigner(settings.secrets().get(0));
              case STANDARD_WEBHOOKS -> new StandardWebhooksSigner(settings.secrets());
            });
      }
    }
    return List.copyOf(signers);
  }

  /**
   * How many events may be in flight at the moment: none while every webhook is known to be down,
   * one as a probe, and more with each success after that.
   */
  int limit() {
    if (stopping) {
      // What would be taken now would only be given back.
      return 0;
    }
    for (Webhook webhook : webhooks) {
      if (!webhook.breaker().isOpen()) {
        return Math.max(1, ramp.limit());
      }
    }
    return 0;
  }

  /** Takes an event out of the outbox. */
  void admit(Exchange exchange) {
    Claim claim = exchange.getProperty(Claim.PROPERTY, Claim.class);
    boolean isArray = settings.batchSize() > 1;
    Delivery delivery = Delivery.of(claim, webhooks, isArray);
    if (delivery.isDone(settings.acks())) {
      // The webhooks it waited for have been taken out of the settings, or fewer must accept.
      exchange.setRouteStop(true);
      return;
    }
    exchange.setProperty(DELIVERY, delivery);
    if (isArray) {
      exchange.setProperty(BATCH_KEY, delivery.batchKey());
    }
  }

  /** Turns a batch that is complete into one delivery. */
  void deliverBatch(Exchange exchange) {
    BatchStrategy.deliver(exchange);
  }

  /** Whether the event is to be delivered by itself, because a batch with it was rejected. */
  boolean isAlone(Exchange exchange) {
    return delivery(exchange).isAlone();
  }

  /** Puts body, headers and recipients of a round into the exchange. */
  void beginRound(Exchange exchange) throws RoundFailedException {
    Delivery delivery = delivery(exchange);
    boolean isRoom = goOn(delivery);
    if (stopping) {
      throw new RoundFailedException("the process stops");
    }
    if (!isRoom) {
      throw new RoundFailedException("too many events are in flight that have been sent before");
    }
    for (Claim claim : delivery.claims()) {
      if (!claim.isHeldFor(holdNanos)) {
        throw new RoundFailedException("another node may claim the event before an attempt ends");
      }
    }
    Instant now = clock.instant();
    int[] due = delivery.beginRound(now, webhooks);
    if (due.length == 0) {
      throw new RoundFailedException("no webhook may be sent to at present");
    }
    if (due.length == 1) {
      exchange.setProperty(WEBHOOK, due[0] + 1);
    } else {
      List<Endpoint> recipients = new ArrayList<>(due.length);
      for (int index : due) {
        recipients.add(webhooks.get(index).endpoint());
      }
      exchange.setProperty(RECIPIENTS, recipients);
    }
    Map<String, Object> headers = new HashMap<>(settings.headers());
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    for (Signer signer : signers) {
      signer.sign(delivery.payload(), now, headers);
    }
    exchange.getMessage().setHeaders(headers);
    exchange.getMessage().setBody(delivery.payload().body());
  }

  /** What waited in memory is in flight again. Returns whether it may be. */
  private boolean goOn(Delivery delivery) {
    boolean isRoom = true;
    if (delivery.setWaiting(false)) {
      room.leave(delivery.claims().size());
      for (Claim claim : delivery.claims()) {
        isRoom &= claim.resume();
      }
    }
    return isRoom;
  }

  /**
   * Notes the outcome of one branch of the round. The exception, if any, is taken off the branch:
   * one that stayed would end the retries of the whole round.
   */
  Exchange noteOutcome(@Nullable Exchange before, Exchange branch) {
    Outcome outcome = Outcome.of(branch, clock.instant());
    branch.setException(null);
    int index = branch.getProperty(Exchange.MULTICAST_INDEX, 0, Integer.class);
    Delivery delivery = delivery(branch);
    note(delivery, delivery.webhook(index), outcome);
    return before == null ? branch : before;
  }

  /** Whether the round goes to one webhook only. */
  boolean isToOne(Exchange exchange) {
    return delivery(exchange).sentTo() == 1;
  }

  /** Notes the outcome of a round to one webhook. */
  void noteAnswer(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    note(delivery, delivery.webhook(0), Outcome.of(exchange, clock.instant()));
  }

  /** Notes what an exception that has ended the round means for the attempts it was to make. */
  void noteFailure(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Delivery delivery = exchange.getProperty(DELIVERY, Delivery.class);
    if (failure == null || failure instanceof RoundFailedException || delivery == null) {
      return;
    }
    for (int i = 0; i < webhooks.size(); i++) {
      if (delivery.isUnended(i)) {
        note(delivery, i, Outcome.of(failure));
      }
    }
  }

  private void note(Delivery delivery, int index, Outcome outcome) {
    delivery.note(index, outcome);
    Webhook webhook = webhooks.get(index);
    webhook.report(settings.name(), outcome);
    if (outcome.kind() == Outcome.Kind.TEMPORARY) {
      webhook.breaker().failed();
      ramp.failed();
      if (limit() == 0) {
        ramp.pause();
      }
    } else {
      webhook.breaker().accepted();
      if (ramp.limit() == 0) {
        ramp.probe();
      }
      ramp.accepted();
    }
  }

  /** Ends a round: returns where enough webhooks have accepted, and throws where not. */
  void endRound(Exchange exchange) throws RoundFailedException {
    Delivery delivery = delivery(exchange);
    if (!delivery.isDone(settings.acks())) {
      throw new RoundFailedException("too few webhooks have accepted");
    }
    meters.delivered.add(delivery.events().size());
    long nowMillis = clock.millis();
    for (Event event : delivery.events()) {
      meters.deliveryMillis.add(Math.max(0, nowMillis - event.acceptedAt().toEpochMilli()));
    }
  }

  /** Whether the round is to be redelivered from memory; sets the wait until then. */
  boolean retryWhile(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    Instant now = clock.instant();
    if (stopping || delivery.isRejectedBatch()) {
      delivery.park(now);
      return false;
    }
    if (!delivery.isPending()) {
      return false;
    }
    Instant next =
        schedule.next(
            Math.max(1, delivery.attempts() + delivery.skipped()),
            now,
            delivery.acceptedAt(),
            delivery.notBefore(webhooks));
    if (next == null) {
      return false;
    }
    // A fraction of a millisecond too early would be before what the receiver asked for; too late,
    // and the last attempt would be after the window.
    boolean isLast = next.equals(schedule.windowEnd(delivery.acceptedAt()));
    long waitMillis = Math.max(1, Duration.between(now, next).toMillis() + (isLast ? 0 : 1));
    if (!waitsInMemory(delivery, waitMillis)) {
      delivery.park(now.plusMillis(waitMillis));
      return false;
    }
    exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, waitMillis);
    return true;
  }

  /** Whether events of the outbox wait in memory; if so they no longer count as in flight. */
  private boolean waitsInMemory(Delivery delivery, long waitMillis) {
    if (waitMillis > settings.inMemory().toMillis() || limit() == 0) {
      return false;
    }
    long needNanos = Duration.ofMillis(waitMillis).toNanos() + holdNanos;
    for (Claim claim : delivery.claims()) {
      if (!claim.isHeldFor(needNanos)) {
        return false;
      }
    }
    if (!room.tryEnter(delivery.claims().size())) {
      return false;
    }
    delivery.setWaiting(true);
    delivery.claims().forEach(Claim::pause);
    return true;
  }

  /** Whether the events go back to the outbox. */
  boolean isParked(Exchange exchange) {
    return delivery(exchange).parkedUntil() != null;
  }

  /** Gives the events back to the outbox until they are due. */
  void park(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    Instant until = delivery.parkedUntil();
    if (until == null) {
      return;
    }
    String progress = Progress.write(delivery, webhooks, delivery.isRejectedBatch());
    for (Claim claim : delivery.claims()) {
      claim.settle(new Settlement.Parked(until, delivery.attempts(), progress));
    }
    meters.parked.add(delivery.claims().size());
  }

  /**
   * Whether a batch is sent although it has fewer events than it may have. While the process stops
   * every one is: an event that left the queue after the aggregator's last batch would be lost.
   */
  boolean isBatchComplete(Exchange batch) {
    return stopping || BatchStrategy.isFull(batch);
  }

  /** Gives the events up: they become dead letters in the outbox, which tells of them. */
  void giveUp(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    Reason reason =
        delivery.transformFailure() != null
            ? Reason.TRANSFORM
            : delivery.isPending() ? Reason.EXPIRED : Reason.REJECTED;
    Instant now = clock.instant();
    for (int i = 0; i < delivery.events().size(); i++) {
      Claim claim = delivery.claims().get(i);
      if (reason == Reason.EXPIRED && parkYounger(delivery, i, claim, now)) {
        continue;
      }
      meters.dead.increment();
      claim.settle(new Settlement.Dead(deadLetter(delivery, i, claim, reason, now)));
    }
  }

  /** A batch has old events beside new ones, whose windows have not closed. */
  private boolean parkYounger(Delivery delivery, int index, Claim claim, Instant now) {
    Instant next =
        schedule.next(
            Math.max(1, delivery.attempts() + delivery.skipped()),
            now,
            delivery.events().get(index).acceptedAt(),
            delivery.notBefore(webhooks));
    if (next == null) {
      return false;
    }
    claim.settle(
        new Settlement.Parked(
            next, delivery.attempts(), Progress.write(delivery, webhooks, false)));
    meters.parked.increment();
    return true;
  }

  private DeadLetter deadLetter(
      Delivery delivery, int index, Claim claim, Reason reason, Instant now) {
    Event event = delivery.events().get(index);
    Integer lastStatus = null;
    StringBuilder detail =
        new StringBuilder(
            switch (reason) {
              case REJECTED -> "no webhook is left that might accept the event";
              case EXPIRED -> "the retry window has closed";
              case TRANSFORM -> "the transform failed: " + delivery.transformFailure();
              default -> throw new IllegalArgumentException(reason.name());
            });
    for (int i = 0; i < webhooks.size(); i++) {
      Outcome outcome = delivery.outcome(i);
      if (outcome != null && outcome.status() != null) {
        lastStatus = outcome.status();
      }
      if (outcome != null && !outcome.reason().isEmpty() && reason != Reason.TRANSFORM) {
        detail.append("; ").append(webhooks.get(i).name()).append(": ").append(outcome.reason());
      }
    }
    return new DeadLetter(
        claim.id(),
        claim.destination(),
        new OutboxEvent(
            event.messageId(),
            event.type().json(),
            event.acceptedAt(),
            event.json(),
            delivery.attempts(),
            null),
        reason,
        detail.toString(),
        lastStatus,
        delivery.firstAttemptAt(),
        delivery.lastAttemptAt(),
        now,
        Progress.webhooks(delivery, webhooks));
  }

  static Delivery delivery(Exchange exchange) {
    Delivery delivery = exchange.getProperty(DELIVERY, Delivery.class);
    if (delivery == null) {
      throw new IllegalStateException("The exchange carries no delivery: it was not admitted.");
    }
    return delivery;
  }

  /** From now on nothing begins, and nothing waits in memory. */
  void stop() {
    stopping = true;
  }

  /** Says what has become of the events. */
  void stopped() {
    if (meters.delivered.sum() + meters.dead.sum() + meters.parked.sum() > 0) {
      LOG.info(
          "Destination {}: {} events delivered, {} dead letters; what is not done is in the outbox",
          settings.name(),
          meters.delivered.sum(),
          meters.dead.sum());
    }
  }
}
