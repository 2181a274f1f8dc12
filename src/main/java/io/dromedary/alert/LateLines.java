package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.Backlog;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs a line when deliveries are late, if {@code webhooks.alert} is not set. Otherwise events
 * would become dead letters without any warning. The state is kept in memory, so a line is logged
 * again after a restart. Thread-safe.
 */
public final class LateLines extends SimpleEventNotifierSupport {

  private static final Logger LOG = LoggerFactory.getLogger(LateLines.class);

  /** The time between two checks. A retry window lasts for minutes, and a check reads the store. */
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final CamelContext context;
  private final Map<String, AlertRow> rows = new HashMap<>();
  private volatile @Nullable ScheduledExecutorService thread;

  private LateLines(CamelContext context) {
    this.context = context;
  }

  /** Adds the lines to a context unless it has alerts. They start when the context has started. */
  public static synchronized void in(CamelContext context) {
    LateLines known = context.getCamelContextExtension().getContextPlugin(LateLines.class);
    if (known == null && Settings.of(context).alert() == null) {
      LateLines lines = new LateLines(context);
      context.getCamelContextExtension().addContextPlugin(LateLines.class, lines);
      context.getManagementStrategy().addEventNotifier(lines);
    }
  }

  @Override
  public boolean isEnabled(CamelEvent event) {
    return event instanceof CamelEvent.CamelContextStartedEvent
        || event instanceof CamelEvent.CamelContextStoppingEvent;
  }

  @Override
  public void notify(CamelEvent event) {
    ScheduledExecutorService last = thread;
    thread = null;
    if (last != null) {
      last.shutdownNow();
    }
    if (event instanceof CamelEvent.CamelContextStartedEvent) {
      Outbox outbox = context.getComponent("outbox", OutboxComponent.class).outbox();
      long millis = INTERVAL.toMillis();
      ScheduledExecutorService next =
          context.getExecutorServiceManager().newScheduledThreadPool(this, "dromedary-late", 1);
      var unused =
          next.scheduleWithFixedDelay(() -> look(outbox), millis, millis, TimeUnit.MILLISECONDS);
      thread = next;
    }
  }

  private void look(Outbox outbox) {
    try {
      Instant now = Settings.clock(context).instant().truncatedTo(ChronoUnit.MILLIS);
      for (WatchedDestinations.Destination each : WatchedDestinations.of(context).destinations()) {
        Backlog backlog = outbox.backlog(each.name());
        Change change =
            backlog == null
                ? null
                : LateRule.next(rows.get(each.name()), each.name(), each.window(), backlog, now);
        if (change != null) {
          rows.put(each.name(), change.after());
          if (change.alert() != null) {
            change.alert().log(LOG);
          }
        }
      }
    } catch (RuntimeException | Error e) {
      // If it were thrown, the timer would never run again.
      LOG.error("Late deliveries could not be checked", e);
    }
  }
}
