package io.dromedary.delivery;

import io.dromedary.delivery.DeadLetter.Reason;
import io.dromedary.event.Event;
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
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
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

  private static final Logger LOG = LoggerFactory.getLogger(Destination.class);

  private final DestinationSettings settings;
  private final RetrySchedule schedule;
  private final Clock clock;
  private final List<Webhook> webhooks;
  private final List<String> names;
  private final List<Signer> signers;
  private final Room room;
  private final LongAdder delivered = new LongAdder();
  private final LongAdder dead = new LongAdder();

  /** When attempts end because the process stops, by {@link System#nanoTime}; null: it runs. */
  private volatile @Nullable Long stopByNanos;

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
    this.names = webhooks.stream().map(Webhook::name).toList();
    this.signers = signers(settings);
    this.room = room;
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
   * Takes an event, or a batch, out of the queue: waits while memory is full, and gives the room
   * back when the exchange is complete, however it ends.
   */
  void admit(Exchange exchange) throws InterruptedException {
    Object body = exchange.getMessage().getBody();
    int events = body instanceof List<?> list ? list.size() : 1;
    room.enter(events);
    begin(exchange, delivery(body), events);
  }

  /** Takes up the delivery of a single event of a batch that was rejected. */
  void readmit(Exchange exchange) {
    room.keep(1);
    begin(exchange, (Delivery) exchange.getMessage().getBody(), 1);
  }

  private Delivery delivery(Object body) {
    if (body instanceof List<?> list) {
      return Delivery.of(list.stream().map(Event.class::cast).toList(), webhooks.size());
    }
    return Delivery.of((Event) body, webhooks.size());
  }

  private void begin(Exchange exchange, Delivery delivery, int events) {
    exchange.setProperty(DELIVERY, delivery);
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onDone(Exchange done) {
                room.leave(events);
              }
            });
  }

  /** Puts body, headers and recipients of a round into the exchange. */
  void beginRound(Exchange exchange) throws RoundFailedException {
    Long stopBy = stopByNanos;
    if (stopBy != null && System.nanoTime() - stopBy >= 0) {
      throw new RoundFailedException("the process stops");
    }
    Delivery delivery = delivery(exchange);
    Instant now = clock.instant();
    int[] due = delivery.beginRound(now);
    List<Endpoint> recipients = new ArrayList<>(due.length);
    for (int index : due) {
      recipients.add(webhooks.get(index).endpoint());
    }
    exchange.setProperty(RECIPIENTS, recipients);
    Map<String, Object> headers = new HashMap<>(settings.headers());
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    for (Signer signer : signers) {
      signer.sign(delivery.payload(), now, headers);
    }
    exchange.getMessage().setHeaders(headers);
    exchange.getMessage().setBody(delivery.payload().body());
  }

  /**
   * Notes the outcome of one branch of the round. The exception, if any, is taken off the branch:
   * one that stayed would end the retries of the whole round.
   */
  Exchange noteOutcome(@Nullable Exchange before, Exchange branch) {
    Outcome outcome = Outcome.of(branch, clock.instant());
    branch.setException(null);
    int index = branch.getProperty(Exchange.MULTICAST_INDEX, 0, Integer.class);
    int webhook = delivery(branch).note(index, outcome);
    webhooks.get(webhook).report(settings.name(), outcome);
    return before == null ? branch : before;
  }

  /** Ends a round: returns where enough webhooks have accepted, and throws where not. */
  void endRound(Exchange exchange) throws RoundFailedException {
    Delivery delivery = delivery(exchange);
    if (!delivery.isDone(settings.acks())) {
      throw new RoundFailedException("too few webhooks have accepted");
    }
    delivered.add(delivery.events().size());
  }

  /** Whether the round is to be redelivered; sets the wait until then. */
  boolean retryWhile(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    if (stopByNanos != null || !delivery.isPending()) {
      return false;
    }
    Instant now = clock.instant();
    Instant next =
        schedule.next(
            Math.max(1, delivery.attempts()), now, delivery.acceptedAt(), delivery.notBefore());
    if (next == null) {
      return false;
    }
    // A fraction of a millisecond too early would be before what the receiver asked for; too late,
    // and the last attempt would be after the window.
    boolean isLast = next.equals(schedule.windowEnd(delivery.acceptedAt()));
    long waitMillis = Math.max(1, Duration.between(now, next).toMillis() + (isLast ? 0 : 1));
    exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, waitMillis);
    return true;
  }

  /**
   * Whether a batch is sent although it has fewer events than it may have. While the process stops
   * every one is: an event that left the queue after the aggregator's last batch would be lost.
   */
  boolean isBatchComplete(Exchange batch) {
    return stopByNanos != null || BatchStrategy.isFull(batch);
  }

  /** Whether the round failed because a batch was rejected, whose events are worth a try alone. */
  boolean isRejectedBatch(Exchange exchange) {
    return stopByNanos == null && delivery(exchange).isRejectedBatch();
  }

  /** Turns the exchange into the deliveries of the events of a rejected batch. */
  void splitBatch(Exchange exchange) {
    exchange.getMessage().setBody(delivery(exchange).singles());
  }

  /** Turns the exchange into the dead letters of its events. */
  void giveUp(Exchange exchange) {
    Delivery delivery = delivery(exchange);
    Reason reason =
        !delivery.isPending()
            ? Reason.REJECTED
            : stopByNanos != null ? Reason.STOPPED : Reason.EXPIRED;
    Instant now = clock.instant();
    List<String> letters = new ArrayList<>();
    for (Event event : delivery.events()) {
      letters.add(DeadLetter.of(event, delivery, reason, settings.name(), names, now));
    }
    dead.add(letters.size());
    exchange.getMessage().setHeaders(new HashMap<>());
    exchange.getMessage().setBody(letters);
  }

  private static Delivery delivery(Exchange exchange) {
    Delivery delivery = exchange.getProperty(DELIVERY, Delivery.class);
    if (delivery == null) {
      throw new IllegalStateException("The exchange carries no delivery: it was not admitted.");
    }
    return delivery;
  }

  /** From now on nothing waits, and from the end of the bound on nothing is sent. */
  void stop(Duration bound) {
    stopByNanos = System.nanoTime() + bound.toNanos();
    if (room.taken() > 0) {
      LOG.info(
          "Destination {}: {} events in memory get a last attempt within {} s",
          settings.name(),
          room.taken(),
          bound.toSeconds());
    }
  }

  /** Says what has become of the events. */
  void stopped() {
    if (delivered.sum() + dead.sum() + room.taken() == 0) {
      return;
    }
    LOG.info(
        "Destination {}: {} events delivered, {} dead letters, {} left in memory",
        settings.name(),
        delivered.sum(),
        dead.sum(),
        room.taken());
  }
}
