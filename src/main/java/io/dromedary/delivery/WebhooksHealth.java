package io.dromedary.delivery;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Tells which webhooks of a destination are down at present. It is always UP: events are accepted
 * and kept through a receiver's outage, so nobody is to send them elsewhere. Thread-safe.
 */
final class WebhooksHealth extends AbstractHealthCheck {

  private final List<Webhook> webhooks;

  private WebhooksHealth(String destination, List<Webhook> webhooks) {
    super("dromedary", "webhooks-" + destination);
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
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder result, Map<String, Object> options) {
    for (int i = 0; i < webhooks.size(); i++) {
      Instant until = webhooks.get(i).breaker().openUntil();
      result.detail(
          "webhook " + (i + 1) + " " + webhooks.get(i).name(),
          until == null ? "tried" : "down, tried again at " + until);
    }
    result.up();
  }
}
