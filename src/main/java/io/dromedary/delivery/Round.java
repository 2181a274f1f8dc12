package io.dromedary.delivery;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.outbox.Claim;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.SigningScheme;
import io.dromedary.signing.SharedSecretSigner;
import io.dromedary.signing.Signer;
import io.dromedary.signing.StandardWebhooksSigner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of a round: sends the request to the pending webhooks, records their outcomes, and
 * decides whether the delivery is done. Thread-safe: the state of an event is in its {@link
 * Delivery}, which only one thread has at a time.
 */
public final class Round implements AggregationStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(Round.class);

  /** The exchange property that holds the endpoint URIs of the round. */
  static final String RECIPIENTS = "DromedaryRecipients";

  /** The exchange property with the number, from 1, of the webhook if the round has only one. */
  static final String WEBHOOK = "DromedaryWebhook";

  /** The time beyond an attempt for which a claim must still be held, so that it can be settled. */
  private static final Duration LEASE_RESERVE = Duration.ofMillis(500);

  private final Destination destination;
  private final Admission admission;
  private final List<Webhook> webhooks;
  private final List<Signer> signers;
  private final long holdNanos;

  public Round(Destination destination, Admission admission) {
    this.destination = destination;
    this.admission = admission;
    this.webhooks = destination.webhooks();
    this.signers = signers(destination.settings());
    this.holdNanos = holdNanos(destination.settings());
  }

  /** Returns how long a claim must still be held for an attempt to be settled in time. */
  static long holdNanos(DestinationSettings settings) {
    return settings.timeout().plus(LEASE_RESERVE).toNanos();
  }

  /** Returns the signers of a destination's requests. */
  public static List<Signer> signers(DestinationSettings settings) {
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

  /** Starts the delivery of an event that was claimed from the outbox. */
  public void takeUp(Exchange exchange) {
    Claim claim = exchange.getProperty(Claim.PROPERTY, Claim.class);
    Delivery delivery = Delivery.of(claim, webhooks, destination.settings().batchSize() > 1);
    if (delivery.isDone(destination.settings().acks())) {
      // The settings have changed: the pending webhooks are gone, or fewer acks are needed.
      exchange.setRouteStop(true);
      return;
    }
    if (destination.spans() != null) {
      delivery.traceBy(destination.spans());
    }
    exchange.setProperty(Delivery.PROPERTY, delivery);
  }

  /** Sets the body, headers and recipients of a round. */
  public void begin(Exchange exchange) throws RoundFailedException {
    Delivery delivery = Delivery.of(exchange);
    if (destination.isStopping()) {
      throw new RoundFailedException("the process stops");
    }
    if (delivery.round().webhooks().length == 0) {
      throw new IllegalStateException(
          "The round has not been admitted, expected that step before.");
    }
    if (!delivery.claims().isHeldFor(holdNanos)) {
      throw new RoundFailedException("another node may claim the event before an attempt ends");
    }
    Instant now = destination.clock().instant();
    Map<String, Object> headers = new HashMap<>(destination.settings().headers());
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    for (Signer signer : signers) {
      signer.sign(delivery.payload(), now, headers);
    }
    exchange.getMessage().setHeaders(headers);
    exchange.getMessage().setBody(delivery.payload().body());
    delivery.beginRound(now);
    expect(delivery, Duration.ZERO);
    if (webhooks.size() > 1) {
      address(exchange, delivery.round().webhooks());
    }
    DeliveryTrace trace = delivery.trace();
    if (trace != null) {
      trace.begin(delivery.attempts());
    }
  }

  /**
   * Makes the outbox treat the delivery as lost unless it continues within a wait and a round of
   * attempts. Camel's error handler and multicast end silently when they or their callees throw an
   * Error.
   */
  void expect(Delivery delivery, Duration wait) {
    Runnable lost =
        () -> {
          if (delivery.round().cancel()) {
            admission.wake();
          }
          traceFailure(delivery, "lost", "the round has not ended");
          // The progress is kept, so that webhooks that have accepted do not get the events again.
          String progress = Progress.write(delivery, webhooks, false);
          delivery.claims().park(destination.clock().instant(), delivery.attempts(), progress);
        };
    delivery.claims().expect(wait.plus(destination.settings().timeout().multipliedBy(2)), lost);
  }

  private void address(Exchange exchange, int[] sentTo) {
    if (sentTo.length == 1) {
      exchange.setProperty(WEBHOOK, sentTo[0] + 1);
      return;
    }
    List<String> recipients = new ArrayList<>(sentTo.length);
    for (int webhook : sentTo) {
      recipients.add(webhooks.get(webhook).uri());
    }
    exchange.setProperty(RECIPIENTS, recipients);
  }

  /** Returns whether the round has only one webhook. */
  public boolean isToOne(Exchange exchange) {
    return Delivery.of(exchange).round().webhooks().length == 1;
  }

  /** Records the outcome of a round with one webhook. */
  public void noteOutcome(Exchange exchange) {
    Duration took = Attempts.took(exchange);
    note(Delivery.of(exchange), 0, Attempts.outcome(exchange), took);
  }

  /** Records the outcome of one branch of a round with several webhooks. */
  @Override
  public Exchange aggregate(@Nullable Exchange before, Exchange branch) {
    try {
      Duration took = Attempts.took(branch);
      Outcome outcome = Attempts.outcome(branch);
      note(
          Delivery.of(branch),
          branch.getProperty(Exchange.MULTICAST_INDEX, 0, Integer.class),
          outcome,
          took);
    } catch (RuntimeException | Error e) {
      // Camel would not catch an Error here, and the round would never end.
      LOG.error("The outcome of an attempt cannot be noted", e);
    }
    // An exception left in the exchange would end the retries of the whole round.
    branch.setException(null);
    return before == null ? branch : before;
  }

  private void note(Delivery delivery, int branch, Outcome outcome, Duration took) {
    try {
      int webhook = delivery.round().webhooks()[branch];
      boolean isProbe = delivery.round().isProbe(branch);
      delivery.note(branch, outcome, destination.clock().instant());
      webhooks.get(webhook).report(delivery, outcome, took);
      destination.history().ended(delivery, webhook, outcome, took, isProbe);
    } finally {
      admission.wake();
    }
  }

  /** Records a round that was ended by an exception as the outcome of its unfinished attempts. */
  void failed(Delivery delivery, Throwable failure) {
    traceFailure(delivery, failure.getClass().getName(), "the round has failed");
    if (failure instanceof RoundFailedException) {
      if (delivery.round().cancel()) {
        admission.wake();
      }
      return;
    }
    for (int i = 0; i < delivery.round().webhooks().length; i++) {
      if (delivery.round().isUnended(i)) {
        note(delivery, i, Outcome.of(failure), Duration.ZERO);
      }
    }
  }

  /** Ends a round: returns if enough webhooks have accepted, and throws if not. */
  public void end(Exchange exchange) throws RoundFailedException {
    Delivery delivery = Delivery.of(exchange);
    // The permit of a branch whose outcome could not be recorded.
    if (delivery.round().cancel()) {
      admission.wake();
    }
    if (!delivery.isDone(destination.settings().acks())) {
      traceFailure(delivery, firstFailure(delivery), "too few webhooks have accepted");
      throw new RoundFailedException("too few webhooks have accepted");
    }
    DeliveryTrace trace = delivery.trace();
    if (trace != null) {
      trace.end();
    }
    destination.meters().delivered(delivery.events(), destination.clock().millis());
    destination.history().delivered(delivery);
  }

  private static String firstFailure(Delivery delivery) {
    for (int webhook : delivery.round().webhooks()) {
      Outcome outcome = delivery.states().outcome(webhook);
      if (outcome != null && outcome.kind() != Outcome.Kind.ACCEPTED) {
        return outcome.attemptClass().label();
      }
    }
    return AttemptClass.OTHER.label();
  }

  private static void traceFailure(Delivery delivery, String type, String why) {
    DeliveryTrace trace = delivery.trace();
    if (trace != null) {
      trace.fail(type, why);
    }
  }
}
