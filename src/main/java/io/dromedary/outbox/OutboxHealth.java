package io.dromedary.outbox;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.jspecify.annotations.Nullable;

/** Tells whether the store works; no event can be accepted while it does not. Thread-safe. */
final class OutboxHealth implements HealthCheck {

  private final Outbox outbox;
  private volatile boolean enabled = true;

  private OutboxHealth(Outbox outbox) {
    this.outbox = outbox;
  }

  /** Adds the check to those of a context, if it has any. */
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

  @Override
  public String getId() {
    return "outbox";
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

  /** To start the process again would not make the store work. */
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
    if (!enabled) {
      return result.unknown().build();
    }
    result
        .detail("store", outbox.kind())
        .detail("destinations", String.join(", ", outbox.taken()))
        .detail("message ids forgotten early", outbox.forgotten());
    String failure = outbox.failure();
    return failure == null
        ? result.up().build()
        : result.down().message("The outbox does not work: " + failure).build();
  }
}
