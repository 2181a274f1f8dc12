package io.dromedary.delivery;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * Tells which webhooks of a destination are down at present. It is always UP: events are accepted
 * and kept through a receiver's outage, so nobody is to send them elsewhere. Thread-safe.
 */
final class WebhooksHealth implements HealthCheck {

  private final String destination;
  private final List<Webhook> webhooks;
  private volatile boolean enabled = true;

  private WebhooksHealth(String destination, List<Webhook> webhooks) {
    this.destination = destination;
    this.webhooks = webhooks;
  }

  /** Adds the check to those of a context, if it has any. */
  static void register(CamelContext context, String destination, List<Webhook> webhooks) {
    HealthCheckRegistry registry = HealthCheckRegistry.get(context);
    if (registry != null) {
      registry.register(new WebhooksHealth(destination, webhooks));
    }
  }

  @Override
  public String getId() {
    return "webhooks-" + destination;
  }

  @Override
  public String getGroup() {
    return "dromedary";
  }

  @Override
  public boolean isEnabled() {
    return enabled;
  }

  @Override
  public void setEnabled(boolean enabled) {
    this.enabled = enabled;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  public Result call(Map<String, Object> options) {
    HealthCheckResultBuilder result =
        HealthCheckResultBuilder.on(this)
            .detail(CHECK_KIND, Kind.READINESS)
            .detail(CHECK_ID, getId())
            .detail(CHECK_GROUP, getGroup());
    for (int i = 0; i < webhooks.size(); i++) {
      Instant until = webhooks.get(i).breaker().openUntil();
      result.detail(
          "webhook " + (i + 1) + " " + webhooks.get(i).name(),
          until == null ? "tried" : "down, tried again at " + until);
    }
    return (enabled ? result.up() : result.unknown()).build();
  }
}
