package io.dromedary.delivery;

import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import io.dromedary.signing.MessageIds;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the beans into the registry that the routes of a destination name, each as {@code
 * NAME-bean}.
 */
final class DestinationBindings {

  private static final Logger LOG = LoggerFactory.getLogger(DestinationBindings.class);

  /** What an event that waits in memory is taken to cost. */
  private static final int EVENT_BYTES = 12_000;

  /** Deadlines are kept to this precision, and so often a look is taken at the threads. */
  private static final Duration TICK = Duration.ofMillis(20);

  /** For each processor: requests that may wait for an I/O thread before no more rounds begin. */
  private static final int UNWRITTEN = 32;

  private final CamelContext context;
  private final DestinationSettings settings;
  private final String name;

  DestinationBindings(CamelContext context, DestinationSettings settings) {
    this.context = context;
    this.settings = settings;
    this.name = settings.name();
  }

  void bind() {
    Clock clock = Settings.clock(context);
    StartGate gate = new StartGate(UNWRITTEN * Runtime.getRuntime().availableProcessors());
    int attempts = settings.inFlight() * settings.urls().size();
    Workers workers = Workers.of(name + "-delivery", attempts, gate);
    DeliveryThreads threads = new DeliveryThreads(clock, workers);
    WebhookEndpoints endpoints = new WebhookEndpoints(context, settings, gate);
    ScheduledExecutorService ticks =
        context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, name + "-ticks");
    every(TICK, ticks, gate::look);
    every(TICK, ticks, workers::adjust);
    Duration timeout = settings.timeout();
    every(timeout.compareTo(TICK) < 0 ? timeout : TICK, ticks, endpoints.attempts()::expire);
    List<Webhook> webhooks = webhooks(endpoints);
    WebhooksHealth.register(context, name, webhooks);
    // Half of the heap for what waits; the queue and what is in flight have bounds of their own.
    int destinations = Settings.of(context).destinations().size();
    long heapRoom = Runtime.getRuntime().maxMemory() / 2 / EVENT_BYTES / destinations;
    int room = (int) Math.max(1000, Math.min(heapRoom, 1_000_000));
    Destination destination =
        new Destination(settings, schedule(settings), clock, webhooks, new Room(room));
    destination.meters().register(context, name, webhooks);
    int batchSize = settings.batchSize();
    // A round carries a batch: to take fewer events than rounds do would let none of them fill.
    int events =
        batchSize == 1
            ? settings.inFlight()
            : (int) Math.min((long) settings.inFlight() * batchSize, room);

    Registry registry = context.getRegistry();
    bind(registry, "admit", destination::admit);
    bind(registry, "begin-round", destination::beginRound);
    bind(registry, "end-round", destination::endRound);
    bind(registry, "note-answer", destination::noteAnswer);
    bind(registry, "note-failure", destination::noteFailure);
    bind(registry, "park", destination::park);
    bind(registry, "deliver-batch", destination::deliverBatch);
    bind(registry, "in-flight", Integer.class, events);
    bind(
        registry,
        "limit",
        IntSupplier.class,
        (IntSupplier) () -> (int) Math.min((long) destination.limit() * batchSize, events));
    bind(registry, "is-to-one", Predicate.class, (Predicate) destination::isToOne);
    bind(registry, "is-parked", Predicate.class, (Predicate) destination::isParked);
    bind(registry, "is-alone", Predicate.class, (Predicate) destination::isAlone);
    bind(registry, "give-up", destination::giveUp);
    bind(registry, "retry-while", Predicate.class, (Predicate) destination::retryWhile);
    bind(
        registry,
        "note-outcome",
        AggregationStrategy.class,
        (AggregationStrategy) destination::noteOutcome);
    bind(registry, "batch", AggregationStrategy.class, new BatchStrategy());
    bind(registry, "batch-is-full", Predicate.class, (Predicate) destination::isBatchComplete);
    // An event that is transformed may take its time, which one thread has not.
    ExecutorService gatherer =
        batchSize == 1 || settings.transform() != null
            ? threads.workers()
            : Executors.newSingleThreadExecutor(
                task -> WorkerThreads.platform(task, name + "-gatherer"));
    bind(registry, "gatherer", ExecutorService.class, gatherer);
    bind(registry, "transform", new Transform(context, name));
    bind(registry, "attempts", ExecutorService.class, workers.first());
    bind(registry, "workers", ExecutorService.class, threads.workers());
    bind(registry, "timer", ExecutorService.class, threads.timer());
    context
        .getManagementStrategy()
        .addEventNotifier(new Stop(destination, threads, List.of(gatherer)));
    Settings all = Settings.of(context);
    boolean isFirst = all.destinations().values().iterator().next().equals(settings);
    if (isFirst && all.deadLetter() != null) {
      context.getManagementStrategy().addEventNotifier(new TellDeadLetters());
    }
  }

  private List<Webhook> webhooks(WebhookEndpoints endpoints) {
    List<Webhook> webhooks = new ArrayList<>();
    for (String url : settings.urls()) {
      int index = webhooks.size();
      Endpoint endpoint = endpoints.endpoint(url, index);
      // By this name the routes find it: not by its URL, which may hold a secret.
      addEndpoint(context, "webhook://" + name + "/" + (index + 1), endpoint);
      webhooks.add(
          new Webhook(
              Settings.origin(url),
              MessageIds.fingerprint(url),
              endpoint,
              new Breaker(Settings.clock(context))));
    }
    return List.copyOf(webhooks);
  }

  private void every(Duration interval, ScheduledExecutorService ticks, Runnable task) {
    long millis = interval.toMillis();
    Runnable forEver =
        () -> {
          try {
            task.run();
          } catch (RuntimeException | Error e) {
            // Let through, it would be the last time; exchanges go on in it, too.
            LOG.error("Destination {}: deadlines or threads are not looked after", name, e);
          }
        };
    Future<?> unused = ticks.scheduleWithFixedDelay(forEver, millis, millis, TimeUnit.MILLISECONDS);
  }

  private static void addEndpoint(CamelContext context, String uri, Endpoint endpoint) {
    try {
      context.addEndpoint(uri, endpoint);
    } catch (Exception e) {
      throw new IllegalStateException("The webhook " + uri + " cannot be used: " + e, e);
    }
  }

  private static RetrySchedule schedule(DestinationSettings settings) {
    return new RetrySchedule(
        settings.retryWindow(),
        settings.initialDelay(),
        settings.multiplier(),
        settings.maxDelay(),
        settings.jitter(),
        () -> ThreadLocalRandom.current().nextDouble());
  }

  private void bind(Registry registry, String bean, Processor step) {
    bind(registry, bean, Processor.class, step);
  }

  private void bind(Registry registry, String bean, Class<?> type, Object value) {
    registry.bind(name + "-" + bean, type, value);
  }

  /** Stops with the context: first the waiting ends, then, when all is done, the threads. */
  private static final class Stop extends SimpleEventNotifierSupport {

    private final Destination destination;
    private final DeliveryThreads threads;
    private final List<ExecutorService> others;

    Stop(Destination destination, DeliveryThreads threads, List<ExecutorService> others) {
      this.destination = destination;
      this.threads = threads;
      this.others = others;
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
        threads.hurry();
      } else {
        threads.close();
        others.forEach(ExecutorService::shutdown);
        destination.stopped();
      }
    }
  }
}
