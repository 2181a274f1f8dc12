package io.dromedary.inbound;

import io.dromedary.settings.Inbound;
import io.dromedary.settings.Settings;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes a route for each inbound from the template {@value #TEMPLATE}, after all route files have
 * been read and before a route is built. If a route with the same id exists, it is kept instead.
 */
public final class InboundRoutes implements CamelContextAware {

  private static final String TEMPLATE = "dromedary-receive-events";

  /** The start-up order of these routes: they start after all others, and stop first. */
  private static final int STARTUP_ORDER = 9000;

  private @Nullable CamelContext context;

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    Settings settings = Settings.of(context);
    context.addLifecycleStrategy(
        new LifecycleStrategySupport() {
          @Override
          public void onContextInitializing(CamelContext initializing) {
            make(initializing, settings);
          }
        });
  }

  private static void make(CamelContext context, Settings settings) {
    Model model = context.getCamelContextExtension().getContextPlugin(Model.class);
    int order = STARTUP_ORDER;
    for (Inbound inbound : settings.inbounds()) {
      if (model.getRouteDefinition(inbound.routeId()) == null) {
        TemplatedRouteBuilder.builder(context, TEMPLATE)
            .routeId(inbound.routeId())
            .parameter("inbound", inbound.name())
            .add();
        RouteDefinition route = model.getRouteDefinition(inbound.routeId());
        route.setStartupOrder(order++);
      }
    }
  }
}
