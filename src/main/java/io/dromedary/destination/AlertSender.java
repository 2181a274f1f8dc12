package io.dromedary.destination;

import io.dromedary.alert.Alerts;
import io.dromedary.delivery.AttemptComponent;
import io.dromedary.delivery.Attempts;
import io.dromedary.delivery.attempt.DeliveryThreads;
import io.dromedary.delivery.attempt.EndpointTarget;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.attempt.Workers;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.outbox.AlertRows;
import io.dromedary.outbox.Claim;
import io.dromedary.outbox.OutboxEndpoint;
import io.dromedary.outbox.Settlement;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.AlertSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.PostedTo;
import io.dromedary.settings.Settings;
import io.dromedary.signing.Payload;
import io.dromedary.signing.StandardWebhooksSigner;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps that send alerts, in the same way as attempts at webhooks: one request, one deadline,
 * permitted addresses only. A failed alert is retried for an hour and then logged. A failed alert
 * never causes another alert. Thread-safe.
 */
public final class AlertSender implements CamelContextAware {

  private static final Logger LOG = LoggerFactory.getLogger(AlertSender.class);

  private static final String WORKERS = "dromedary-alert-workers";

  /** The number of alerts sent at once, not counting attempts that hang. */
  private static final int IN_FLIGHT = 4;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final int HEAD_BYTES = 1 << 20;

  /** After so many attempts, the wait between attempts is one minute. */
  private static final int DOUBLINGS = 6;

  private @Nullable CamelContext context;
  private @Nullable StandardWebhooksSigner signer;
  private Map<String, String> headers = Map.of();
  private Clock clock = Clock.systemUTC();

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    AlertSettings settings = Settings.of(context).alert();
    if (settings == null) {
      return;
    }
    clock = Settings.clock(context);
    headers = settings.headers();
    signer = settings.secrets().isEmpty() ? null : new StandardWebhooksSigner(settings.secrets());
    // Camel may create a bean of a YAML file more than once.
    if (context.getRegistry().lookupByName(WORKERS) == null) {
      bind(context, settings);
      Alerts.in(context, settings.after());
    }
  }

  private static void bind(CamelContext context, AlertSettings settings) {
    ExecutorService workers = Workers.of("alerts", () -> IN_FLIGHT, 2 * IN_FLIGHT);
    ExecutorService late = DeliveryThreads.one("alerts-late");
    Attempts attempts =
        new Attempts(
            context,
            EndpointUri.origin(settings.uri()),
            target(context, settings),
            sent(settings),
            TIMEOUT,
            IN_FLIGHT,
            late,
            Settings.clock(context));
    if (workers instanceof Workers pool) {
      pool.replace(attempts::late);
    }
    context.getRegistry().bind(WORKERS, ExecutorService.class, workers);
    try {
      AttemptComponent.of(context).add(AlertRows.DESTINATION, 1, attempts);
    } catch (Exception e) {
      throw new IllegalStateException(
          "webhooks.alert cannot be used: "
              + EndpointUri.origin(settings.uri())
              + ": "
              + e.getMessage(),
          e);
    }
    context.getManagementStrategy().addEventNotifier(new Stop(workers, late));
  }

  private static Target target(CamelContext context, AlertSettings settings) {
    String uri = settings.uri();
    return uri.startsWith("http:") || uri.startsWith("https:")
        ? new HttpTarget(
            context,
            URI.create(uri),
            new HttpTarget.Options(TIMEOUT, "Dromedary", settings.http()),
            sent(settings),
            new HeadBudget(HEAD_BYTES),
            SystemDefaultDnsResolver.INSTANCE)
        : new EndpointTarget(context, PostedTo.uri(uri));
  }

  private static Set<String> sent(AlertSettings settings) {
    Set<String> names = new HashSet<>(settings.headers().keySet());
    names.add(Exchange.CONTENT_TYPE);
    names.addAll(List.of("webhook-id", "webhook-timestamp", StandardWebhooksSigner.HEADER));
    return names;
  }

  /** Sets the headers of the request, with its signature. */
  public void request(Exchange exchange) {
    byte[] body = exchange.getMessage().getBody(byte[].class);
    String id = exchange.getMessage().getHeader(OutboxEndpoint.MESSAGE_ID, "", String.class);
    Map<String, Object> all = new HashMap<>(headers);
    all.put(Exchange.CONTENT_TYPE, "application/cloudevents+json");
    if (signer != null) {
      signer.sign(Payload.single(id, body), clock.instant(), all);
    }
    exchange.getMessage().setHeaders(all);
  }

  /** Fails if the alert was not accepted. */
  public void answer(Exchange exchange) throws AlertFailedException {
    Outcome outcome = Attempts.outcome(exchange);
    if (outcome.kind() != Outcome.Kind.ACCEPTED) {
      throw new AlertFailedException(outcome.reason());
    }
  }

  /** Settles an alert that could not be sent: it is parked for a retry, or logged and dropped. */
  public void failed(Exchange exchange) {
    Claim claim = exchange.getProperty(Claim.PROPERTY, Claim.class);
    Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    String why = failure == null ? "unknown" : String.valueOf(failure.getMessage());
    OutboxEvent alert = claim.event();
    Instant now = clock.instant();
    if (!now.isBefore(alert.acceptedAt().plus(WINDOW))) {
      LOG.error("The alert {} could not be sent within an hour: {}", alert.type(), why);
      exchange.setProperty(Settlement.PROPERTY, Settlement.DONE);
      return;
    }
    if (alert.attempts() == 0) {
      LOG.warn("The alert {} will be sent again, since that has failed: {}", alert.type(), why);
    }
    int attempts = alert.attempts() + 1;
    Duration pause = Duration.ofSeconds(Math.min(60, 1L << Math.min(attempts - 1, DOUBLINGS)));
    exchange.setProperty(
        Settlement.PROPERTY, new Settlement.Parked(now.plus(pause), attempts, null));
  }

  /** Signals that an alert was not accepted. */
  static final class AlertFailedException extends Exception {

    private static final long serialVersionUID = 1L;

    AlertFailedException(String message) {
      super(message);
    }
  }

  /** Ends the threads when the context has stopped. */
  private static final class Stop extends SimpleEventNotifierSupport {

    private final ExecutorService workers;
    private final ExecutorService late;

    Stop(ExecutorService workers, ExecutorService late) {
      this.workers = workers;
      this.late = late;
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
      return event instanceof CamelEvent.CamelContextStoppedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
      workers.shutdown();
      late.shutdown();
    }
  }
}
