package io.dromedary.outbox;

import io.dromedary.outbox.store.StoreFigures;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.jspecify.annotations.Nullable;

/** Reports whether the store works. While it does not, no event can be accepted. Thread-safe. */
final class OutboxHealth extends AbstractHealthCheck {

  private final Outbox outbox;

  private OutboxHealth(Outbox outbox) {
    super("dromedary", "outbox");
    this.outbox = outbox;
  }

  /** Adds the check to a context. Returns null if the context has no health checks. */
  static @Nullable OutboxHealth register(CamelContext context, Outbox outbox) {
    HealthCheckRegistry registry = HealthCheckRegistry.get(context);
    OutboxHealth health = new OutboxHealth(outbox);
    return registry != null && registry.register(health) ? health : null;
  }

  void unregister(CamelContext context) {
    HealthCheckRegistry registry = HealthCheckRegistry.get(context);
    if (registry != null) {
      registry.unregister(this);
    }
  }

  /** Not a liveness check, since restarting the process would not repair the store. */
  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder result, Map<String, Object> options) {
    result
        .detail("store", outbox.dialect().name())
        .detail(
            "durability",
            outbox.dialect().isDurable()
                ? "on disk"
                : "none: in memory, lost when the process ends")
        .detail("destinations", String.join(", ", outbox.listeners().destinations()))
        .detail("message ids forgotten early", outbox.dialect().forgotten());
    for (String destination : outbox.listeners().destinations()) {
      waiting(result, destination);
    }
    String failure = outbox.failure();
    if (failure != null) {
      result.down().message("The outbox does not work: " + failure);
      return;
    }
    List<String> idle = outbox.idle();
    if (idle.isEmpty()) {
      result.up();
    } else {
      result.down().message("Events are not taken out of the outbox: " + String.join("; ", idle));
    }
  }

  /** Adds the figures that metrics report as well, read at most every five seconds, if known. */
  private void waiting(HealthCheckResultBuilder result, String destination) {
    StoreFigures.Figures figures = outbox.figures().of(destination);
    if (Double.isNaN(figures.events())) {
      return;
    }
    result
        .detail("waiting " + destination, (long) figures.events())
        .detail("oldest " + destination + " seconds", (long) figures.oldestMillis() / 1000)
        .detail("overdue " + destination + " seconds", (long) figures.overdueMillis() / 1000);
  }
}
