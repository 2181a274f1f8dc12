package io.dromedary.destination;

import io.dromedary.alert.LateLines;
import io.dromedary.alert.WatchedDestinations;
import io.dromedary.delivery.Admission;
import io.dromedary.delivery.AttemptComponent;
import io.dromedary.delivery.Attempts;
import io.dromedary.delivery.Batching;
import io.dromedary.delivery.Destination;
import io.dromedary.delivery.GivingUp;
import io.dromedary.delivery.RetryDecision;
import io.dromedary.delivery.RetrySchedule;
import io.dromedary.delivery.Round;
import io.dromedary.delivery.Transform;
import io.dromedary.delivery.Webhook;
import io.dromedary.delivery.WebhookLog;
import io.dromedary.delivery.attempt.AttemptTimer;
import io.dromedary.delivery.attempt.DeliveryThreads;
import io.dromedary.delivery.attempt.Workers;
import io.dromedary.delivery.flow.FlowControl;
import io.dromedary.delivery.flow.FlowSettings;
import io.dromedary.history.History;
import io.dromedary.json.NamedMembers;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.Rate;
import io.dromedary.settings.Settings;
import io.dromedary.signing.MessageIds;
import io.dromedary.tracing.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntSupplier;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * Creates the beans that the routes of a destination refer to and binds each to the registry as
 * {@code dromedary-NAME-bean}.
 */
final class DestinationBindings {

  /** How often the states of the webhooks are checked. */
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

  private final CamelContext context;
  private final DestinationSettings settings;
  private final String name;

  DestinationBindings(CamelContext context, DestinationSettings settings) {
    this.context = context;
    this.settings = settings;
    this.name = settings.name();
  }

  /** Returns the registry name of a destination's bean. */
  static String bean(String destination, String bean) {
    return "dromedary-" + destination + "-" + bean;
  }

  void bind() {
    Clock clock = Settings.clock(context);
    List<Webhook> webhooks = new ArrayList<>();
    Destination destination =
        new Destination(
            settings,
            RetrySchedule.of(settings),
            clock,
            webhooks,
            History.of(context),
            new NamedMembers(Settings.of(context).management().payloads().masked()),
            Tracing.of(context));
    int attempts = 2 * settings.inFlight() * settings.urls().size();
    ExecutorService workers = Workers.of(name + "-delivery", destination::attempts, attempts);
    DeliveryThreads threads = new DeliveryThreads(clock, workers);
    Admission admission = addWebhooks(destination, webhooks, workers);
    WebhooksHealth.register(context, name, webhooks);
    WatchedDestinations.of(context)
        .add(
            new WatchedDestinations.Destination(
                name, settings.retryWindow(), destination::snapshots));
    LateLines.in(context);
    destination.meters().register(context, name, settings.retryWindow(), webhooks);

    Round round = new Round(destination, admission);
    Batching batching = new Batching(destination);
    bind("admission", admission);
    bind("round", round);
    bind("retry-decision", new RetryDecision(destination, round));
    bind("giving-up", new GivingUp(destination));
    bind(PendingReport.BEAN, new PendingReport(destination));
    bind(DestinationReport.BEAN, new DestinationReport(destination));
    bind("dead-letter-retries", new DeadLetterRetries(destination));
    bind("batching", batching);
    bind("transform", Transform.of(context, destination));
    int batchSize = settings.batchSize();
    // A round carries a whole batch. With a smaller limit, no batch could fill.
    int events = (int) Math.min((long) settings.inFlight() * batchSize, 1_000_000);
    bind("in-flight", events);
    IntSupplier limit =
        () ->
            (int)
                Math.min(
                    ((long) destination.limit() + admission.waitingRetries()) * batchSize,
                    2L * events);
    context.getRegistry().bind(bean(name, "limit"), IntSupplier.class, limit);
    // A transform may block, which the single gathering thread must not.
    ExecutorService gatherer =
        batchSize == 1 || settings.transform() != null
            ? workers
            : DeliveryThreads.one(name + "-gatherer");
    bind("gatherer", ExecutorService.class, gatherer);
    bind("workers", ExecutorService.class, workers);
    bind("timer", ExecutorService.class, threads.timer());
    Future<?> looks = AttemptTimer.every(LOOK_INTERVAL, () -> look(destination, admission));
    context
        .getManagementStrategy()
        .addEventNotifier(new Stop(destination, admission, threads, gatherer, looks));
    Settings all = Settings.of(context);
    boolean isFirst = all.destinations().values().iterator().next().equals(settings);
    if (isFirst && all.deadLetter() != null) {
      context.getManagementStrategy().addEventNotifier(new DeadLetterForwarder());
    }
  }

  private void look(Destination destination, Admission admission) {
    admission.wake();
    boolean hasReopened = false;
    destination.deadLetterLog().tick();
    for (Webhook webhook : destination.webhooks()) {
      hasReopened |= webhook.hasReopened();
      webhook.log().tick();
    }
    if (hasReopened && !destination.isStopping()) {
      context
          .getComponent("outbox", OutboxComponent.class)
          .outbox()
          .hasten(name, settings.maxDelay());
    }
  }

  private Admission addWebhooks(
      Destination destination, List<Webhook> webhooks, ExecutorService workers) {
    Admission[] admission = {null};
    IntSupplier waiting = () -> admission[0] == null ? 0 : admission[0].waiting();
    WebhookAttempts all = new WebhookAttempts(context, settings, workers);
    for (String url : settings.urls()) {
      int number = webhooks.size() + 1;
      Attempts attempts = all.add(url, number);
      FlowControl flow = new FlowControl(flowSettings(), System::nanoTime);
      String shown = EndpointUri.origin(url);
      webhooks.add(
          new Webhook(
              shown,
              MessageIds.fingerprint(url),
              AttemptComponent.uri(name, number),
              attempts,
              flow,
              new WebhookLog(name, number, shown, flow, waiting)));
    }
    admission[0] = new Admission(destination, workers);
    return admission[0];
  }

  private FlowSettings flowSettings() {
    Rate rate = settings.rate();
    return new FlowSettings(
        settings.inFlight(),
        settings.concurrency(),
        rate == null ? 0 : rate.permits() / (double) rate.per().toSeconds(),
        settings.down().attempts(),
        settings.down().after(),
        settings.down().events(),
        settings.down().probeInterval(),
        settings.down().detection(),
        settings.maxDelay(),
        settings.timeout());
  }

  private void bind(String bean, Object value) {
    context.getRegistry().bind(bean(name, bean), value);
  }

  private <T> void bind(String bean, Class<T> type, T value) {
    Registry registry = context.getRegistry();
    registry.bind(bean(name, bean), type, value);
  }

  /** Stops with the context: first rounds stop waiting, and when all are done the threads end. */
  private static final class Stop extends SimpleEventNotifierSupport {

    private final Destination destination;
    private final Admission admission;
    private final DeliveryThreads threads;
    private final ExecutorService gatherer;
    private final Future<?> looks;

    Stop(
        Destination destination,
        Admission admission,
        DeliveryThreads threads,
        ExecutorService gatherer,
        Future<?> looks) {
      this.destination = destination;
      this.admission = admission;
      this.threads = threads;
      this.gatherer = gatherer;
      this.looks = looks;
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
      return event instanceof CamelEvent.CamelContextStoppingEvent
          || event instanceof CamelEvent.CamelContextStoppedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.CamelContextStoppingEvent) {
        destination.stop();
        admission.sendBack();
        threads.hurry();
      } else {
        looks.cancel(false);
        threads.close();
        gatherer.shutdown();
        destination.stopped();
      }
    }
  }
}
