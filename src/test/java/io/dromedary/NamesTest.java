package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.NamedNode;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The names that the route files use in a context, which must not clash with a host's. */
@Timeout(60)
class NamesTest {

  private static final String OURS = "dromedary(-.+)?";

  /** The packages of beans that Camel Main makes. */
  private static final List<String> OTHERS =
      List.of("org.apache.camel.", "io.vertx.", "io.micrometer.");

  /** The names in the file receive-events. */
  private static final Set<String> OF_THE_INBOUND =
      Set.of(
          "receive-events",
          "receive-failures",
          "read-events",
          "tracking-api",
          "is-http",
          "is-answered",
          "is-structured",
          "answer",
          "answer-unavailable",
          "hold-back",
          "acknowledge",
          "read-request",
          "read-text",
          "read-marshalled",
          "marshal-body",
          "store");

  @TempDir Path folder;
  private Application application;
  private CamelContext context;
  private Model model;

  @BeforeEach
  void startWithAllKindsOfDestinations() {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.urls", "http://127.0.0.1:1/a");
    settings.put("webhooks.transform", "direct:host");
    settings.put("webhooks.destination.crm.urls", "http://127.0.0.1:1/a,http://127.0.0.1:1/b");
    settings.put("webhooks.destination.crm.batch.size", "10");
    application = Application.start(folder, settings);
    context = application.context();
    model = context.getCamelContextExtension().getContextPlugin(Model.class);
  }

  @AfterEach
  void stop() {
    application.close();
  }

  private static void assertOurs(Stream<String> names) {
    Set<String> found = names.collect(Collectors.toCollection(TreeSet::new));
    assertThat(found).isNotEmpty();
    found.removeAll(OF_THE_INBOUND);
    assertThat(found).allMatch(name -> name.matches(OURS));
  }

  @Test
  void routesAndWhatTheyAreMadeOf() {
    assertOurs(model.getRouteDefinitions().stream().map(RouteDefinition::getId));
    assertOurs(model.getRouteTemplateDefinitions().stream().map(RouteTemplateDefinition::getId));
    assertOurs(
        model.getRouteConfigurationDefinitions().stream().map(RouteConfigurationDefinition::getId));
  }

  /** Camel requires the ids of all steps of all routes to be unique. */
  @Test
  void steps() {
    assertOurs(
        Stream.concat(
                model.getRouteDefinitions().stream()
                    .flatMap(
                        route ->
                            ProcessorDefinitionHelper.filterTypeInOutputs(
                                route.getOutputs(), ProcessorDefinition.class)
                                .stream()),
                model.getRouteConfigurationDefinitions().stream()
                    .flatMap(configuration -> configuration.getOnExceptions().stream()))
            .filter(step -> step.hasCustomIdAssigned())
            .map(NamedNode::getId));
  }

  @Test
  void endpointsBetweenThem() {
    assertOurs(
        context.getEndpoints().stream()
            .map(Endpoint::getEndpointUri)
            .filter(uri -> uri.startsWith("direct:") && !uri.equals("direct://host"))
            .map(uri -> uri.replaceFirst("^direct:/*", "")));
  }

  @Test
  void beans() {
    assertOurs(
        context.getRegistry().findByTypeWithName(Object.class).entrySet().stream()
            .filter(
                bean -> OTHERS.stream().noneMatch(bean.getValue().getClass().getName()::startsWith))
            .map(Map.Entry::getKey));
  }
}
