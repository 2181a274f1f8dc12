package io.dromedary.destination;

import io.dromedary.delivery.Webhook;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * A health check that shows the state of a destination's webhooks. It is always UP: events are
 * accepted and kept during a receiver's outage, so load balancers must not send them elsewhere.
 * Thread-safe.
 */
final class WebhooksHealth extends AbstractHealthCheck {

  private final List<Webhook> webhooks;
  private final Clock clock;

  private WebhooksHealth(String destination, List<Webhook> webhooks, Clock clock) {
    super("dromedary", "webhooks-" + destination);
    this.webhooks = webhooks;
    this.clock = clock;
  }

  /** Registers the check with the context's health checks, if it has any. */
  static void register(CamelContext context, String destination, List<Webhook> webhooks) {
    HealthCheckRegistry registry = HealthCheckRegistry.get(context);
    if (registry != null) {
      registry.register(new WebhooksHealth(destination, webhooks, Settings.clock(context)));
    }
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder result, Map<String, Object> options) {
    for (int i = 0; i < webhooks.size(); i++) {
      result.detail(
          "webhook " + (i + 1) + " " + webhooks.get(i).name(),
          describe(webhooks.get(i).flow().state()));
    }
    result.up();
  }

  private String describe(FlowState state) {
    Instant since = clock.instant().minus(state.lasting()).truncatedTo(ChronoUnit.SECONDS);
    Duration next = state.untilNext() == null ? Duration.ZERO : state.untilNext();
    return switch (state.kind()) {
      case UP -> "up";
      case LIMITED -> "limited since " + since + ", " + state.limit() + " attempts at once";
      case PAUSED -> "paused since " + since + ", tried again in " + seconds(next);
      case DOWN ->
          "down since " + since + ", tried again in " + seconds(next) + ": " + state.reason();
    };
  }

  private static String seconds(Duration duration) {
    return duration.plusNanos(999_999_999).toSeconds() + " s";
  }
}
