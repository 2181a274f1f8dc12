package io.dromedary.destination;

import io.dromedary.routing.FailClosedSteps;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import io.dromedary.settings.StartSummary;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;

/**
 * Creates the beans and routes of a destination. It is declared as a bean in the destination's YAML
 * file and works the same however Camel is run and in whatever order the files are read: it acts
 * after all files have been read and before any route is built.
 *
 * <p>A route with the id {@code TEMPLATE-NAME} that a file already defines is kept. The bean of the
 * destination {@code default} also serves all destinations that have settings but no such bean of
 * their own.
 */
public final class DestinationBeans implements CamelContextAware {

  private final String name;
  private List<String> templates = List.of();
  private @Nullable CamelContext context;

  /** Creates the bean of the destination of that name. */
  public DestinationBeans(String name) {
    this.name = name;
  }

  /** Sets the route templates, separated by commas; each becomes a route, in this order. */
  public void setTemplates(String templates) {
    this.templates = Stream.of(templates.split(",")).map(String::strip).toList();
  }

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    FailClosedSteps.in(context);
    // Invalid settings are reported before anything is built on them.
    Settings settings = Settings.of(context);
    StartSummary.in(context);
    if (context.isStarted() && !isMade(context, name)) {
      throw new IllegalStateException(
          "The destination " + name + " cannot be added to a Camel context that has started.");
    }
    context.addLifecycleStrategy(
        new LifecycleStrategySupport() {
          @Override
          public void onContextInitializing(CamelContext initializing) {
            make(initializing, settings.destinations());
          }
        });
  }

  private void make(CamelContext context, Map<String, DestinationSettings> destinations) {
    boolean isDefault = name.equals(DestinationSettings.DEFAULT);
    if (!isDefault && !destinations.containsKey(name)) {
      throw new IllegalStateException(
          "The destination "
              + name
              + " has a route file and no settings: expected webhooks.destination."
              + name
              + ".urls.");
    }
    for (DestinationSettings destination : destinations.values()) {
      if (destination.name().equals(name)
          || (isDefault && !hasOwnBeans(context, destination.name()))) {
        make(context, destination);
      }
    }
  }

  private static boolean hasOwnBeans(CamelContext context, String name) {
    return context.getRegistry().findByType(DestinationBeans.class).stream()
        .anyMatch(beans -> beans.name.equals(name));
  }

  private static boolean isMade(CamelContext context, String name) {
    return context.getRegistry().lookupByName(DestinationBindings.bean(name, "round")) != null;
  }

  private void make(CamelContext context, DestinationSettings destination) {
    String of = destination.name();
    // Camel may create a bean of a YAML file more than once.
    if (!isMade(context, of)) {
      new DestinationBindings(context, destination).bind();
    }
    Model model = context.getCamelContextExtension().getContextPlugin(Model.class);
    for (String template : templates) {
      String routeId = template + "-" + of;
      if (model.getRouteDefinition(routeId) == null) {
        TemplatedRouteBuilder.builder(context, template)
            .routeId(routeId)
            .parameter("destination", of)
            .add();
      }
    }
  }
}
