package io.dromedary.alert;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.apache.camel.util.InetAddressUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks every second, on a thread of its own, everything that operators get alerts about. Each
 * change is stored together with its alert, and the route {@code dromedary-alerts} sends the
 * alerts. Deliveries never wait for this. Thread-safe.
 */
public final class Alerts extends SimpleEventNotifierSupport {

  private static final Logger LOG = LoggerFactory.getLogger(Alerts.class);

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** The states in which nothing is wrong. */
  private static final Set<String> CALM = Set.of("up", "0", "ok", "calm");

  private final CamelContext context;
  private final Duration after;
  private final String source = "/dromedary/" + node();
  private final Map<AlertKind, LongAdder> counts = new EnumMap<>(AlertKind.class);
  private volatile @Nullable Running running;

  private Alerts(CamelContext context, Duration after) {
    this.context = context;
    this.after = after;
    for (AlertKind kind : AlertKind.values()) {
      LongAdder count = new LongAdder();
      counts.put(kind, count);
      Meters.of(context)
          .add(
              new Meter(
                  Kind.COUNTER,
                  "dromedary.alerts",
                  "Alerts that were raised",
                  Map.of("kind", kind.label()),
                  count::sum));
    }
  }

  /** The alerts of a context, or null if {@code webhooks.alert} is not set. */
  public static @Nullable Alerts of(CamelContext context) {
    return context.getCamelContextExtension().getContextPlugin(Alerts.class);
  }

  /**
   * Adds alerts to a context. They start when the context has started.
   *
   * @param after how long a webhook must have been down, or up again, before an alert is raised
   */
  public static synchronized void in(CamelContext context, Duration after) {
    if (of(context) == null) {
      Alerts alerts = new Alerts(context, after);
      context.getCamelContextExtension().addContextPlugin(Alerts.class, alerts);
      context.getManagementStrategy().addEventNotifier(alerts);
    }
  }

  private static String node() {
    return InetAddressUtil.getLocalHostNameSafe().replaceAll("[^A-Za-z0-9._-]", "_");
  }

  @Override
  public boolean isEnabled(CamelEvent event) {
    return event instanceof CamelEvent.CamelContextStartedEvent
        || event instanceof CamelEvent.CamelContextStoppingEvent;
  }

  @Override
  public void notify(CamelEvent event) {
    if (event instanceof CamelEvent.CamelContextStartedEvent) {
      running = new Running();
    } else {
      Running last = running;
      running = null;
      if (last != null) {
        last.stop();
      }
    }
  }

  /** The last state of each subject of alerts. */
  public List<AlertRow> rows() throws OutboxException {
    return outbox().alertRows().all().stream()
        .filter(row -> !RuleEvaluation.NOTES.contains(row.kind()))
        .toList();
  }

  /** Returns whether something is wrong with the subject of a row. */
  public static boolean isOpen(AlertRow row) {
    return !CALM.contains(row.state());
  }

  /** Since when the store has been failing, according to the last alert, or null if it works. */
  public @Nullable Instant storeFailingSince() {
    Running now = running;
    return now == null ? null : now.failingSince;
  }

  private Outbox outbox() {
    return context.getComponent("outbox", OutboxComponent.class).outbox();
  }

  private Clock clock() {
    return Settings.clock(context);
  }

  private OutboxEvent raised(Alert alert) {
    LongAdder count = counts.get(alert.kind());
    if (count != null) {
      count.increment();
    }
    alert.log(LOG);
    return alert.toEvent(source);
  }

  /** The state between the start and the stop of the context. */
  private final class Running {

    private final Outbox outbox = outbox();
    private final Clock clock = clock();
    private final ScheduledExecutorService thread =
        context.getExecutorServiceManager().newScheduledThreadPool(this, "dromedary-alerts", 1);
    private final DirectAlerts direct = new DirectAlerts(context, thread);
    private final StoreWatch store = new StoreWatch();
    private final RuleEvaluation rules = new RuleEvaluation(context, outbox, after, this::change);
    private volatile @Nullable Instant failingSince;

    Running() {
      outbox.listen(rules.deadLetters()::add);
      long millis = INTERVAL.toMillis();
      var unused = thread.scheduleWithFixedDelay(this::tick, millis, millis, TimeUnit.MILLISECONDS);
    }

    private void tick() {
      try {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        boolean isFailing = outbox.failure() != null;
        Alert ofStore = store.next(isFailing, now);
        failingSince = store.toldSince();
        if (ofStore != null) {
          direct.send(raised(ofStore));
        }
        if (isFailing) {
          rules.forget();
        } else {
          rules.evaluate(now);
        }
      } catch (OutboxException e) {
        // The outbox itself reports that its store does not work.
        rules.forget();
        LOG.debug("Alerts cannot be checked now", e);
      } catch (RuntimeException | Error e) {
        // If it were thrown, the timer would never run again.
        rules.forget();
        LOG.error("Alerts could not be checked", e);
      }
    }

    private @Nullable AlertRow change(Change change) throws OutboxException {
      Alert alert = change.alert();
      if (alert == null) {
        return outbox.alertRows().change(change.after(), null);
      }
      OutboxEvent event = alert.toEvent(source);
      AlertRow told = change.after().told(new String(event.body(), UTF_8), alert.time());
      AlertRow stored = outbox.alertRows().change(told, event);
      if (stored != null) {
        raised(alert);
      }
      return stored;
    }

    void stop() {
      thread.shutdownNow();
      direct.close();
    }
  }
}
