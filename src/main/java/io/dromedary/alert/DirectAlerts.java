package io.dromedary.alert;

import io.dromedary.outbox.store.OutboxEvent;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends alerts from memory if the store cannot keep them. Each is retried for an hour and is lost
 * if the process ends. Thread-safe.
 */
final class DirectAlerts {

  private static final Logger LOG = LoggerFactory.getLogger(DirectAlerts.class);

  private static final String ROUTE = "direct:dromedary-tell-alert";

  private static final int MOST = 10;
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final Duration WINDOW = Duration.ofHours(1);

  private final ProducerTemplate template;
  private final ScheduledExecutorService timer;
  private final ExecutorService thread;
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * Sends alerts by the route for alerts.
   *
   * @param timer the timer for retries, which is never blocked
   */
  DirectAlerts(CamelContext context, ScheduledExecutorService timer) {
    this.template = context.createProducerTemplate();
    this.timer = timer;
    // A thread of its own, since sending may hang and the checks must go on meanwhile.
    this.thread =
        context.getExecutorServiceManager().newThreadPool(this, "dromedary-direct-alerts", 1, 1);
  }

  /** Sends an alert without blocking. Drops it if ten others wait. */
  void send(OutboxEvent alert) {
    if (waiting.incrementAndGet() > MOST) {
      waiting.decrementAndGet();
      LOG.warn("The alert {} is dropped, since {} others wait", alert.type(), MOST);
      return;
    }
    attempt(alert, FIRST, System.nanoTime() + WINDOW.toNanos());
  }

  private void attempt(OutboxEvent alert, Duration pause, long endNanos) {
    thread.execute(
        () -> {
          Exchange answer =
              template.request(
                  ROUTE,
                  exchange -> {
                    exchange.getMessage().setBody(alert.body());
                    exchange.getMessage().setHeader("DromedaryMessageId", alert.messageId());
                    exchange.getMessage().setHeader("DromedaryType", alert.type());
                  });
          Exception failure = answer.getException();
          if (failure == null) {
            waiting.decrementAndGet();
          } else if (System.nanoTime() - endNanos >= 0) {
            waiting.decrementAndGet();
            LOG.error("The alert {} could not be sent: {}", alert.type(), failure.getMessage());
          } else {
            again(alert, pause, endNanos);
          }
        });
  }

  private void again(OutboxEvent alert, Duration pause, long endNanos) {
    Duration doubled = pause.multipliedBy(2);
    Duration next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    var unused =
        timer.schedule(
            () -> attempt(alert, next, endNanos), pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Stops. Alerts that have not been sent are lost. */
  void close() {
    thread.shutdownNow();
    template.stop();
  }
}
