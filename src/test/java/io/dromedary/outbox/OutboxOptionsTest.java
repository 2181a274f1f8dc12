package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.EndpointUriFactory;
import org.apache.camel.util.json.JsonObject;
import org.apache.camel.util.json.Jsoner;
import org.junit.jupiter.api.Test;

/** Tests the component's metadata, which the build generates for Camel. */
class OutboxOptionsTest {

  private final DefaultCamelContext camel = new DefaultCamelContext();

  private OutboxEndpoint endpoint(String uri) {
    return camel.getEndpoint(uri, OutboxEndpoint.class);
  }

  @Test
  void optionsAreSetByTheirTypes() {
    OutboxEndpoint endpoint = endpoint("outbox:orders?inFlight=4&retryDelay=5s&retryWindow=2h");
    assertThat(endpoint.getName()).isEqualTo("orders");
    assertThat(endpoint.getInFlight()).isEqualTo(4);
    assertThat(endpoint.getRetryDelay()).isEqualTo(Duration.ofSeconds(5));
    assertThat(endpoint.getRetryWindow()).isEqualTo(Duration.ofHours(2));
  }

  @Test
  void aWrongTypeIsRefused() {
    assertThatThrownBy(() -> endpoint("outbox:orders?inFlight=abc"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasMessage(
            "Failed to resolve endpoint: outbox://orders?inFlight=abc due to: Error binding property"
                + " (inFlight=abc) with name: inFlight on bean: outbox://orders?inFlight=abc with"
                + " value: abc");
    assertThatThrownBy(() -> endpoint("outbox:orders?retryDelay=soon"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasMessage(
            "Failed to resolve endpoint: outbox://orders?retryDelay=soon due to: Error binding"
                + " property (retryDelay=soon) with name: retryDelay on bean:"
                + " outbox://orders?retryDelay=soon with value: soon");
  }

  @Test
  void anUnknownOptionIsRefused() {
    assertThatThrownBy(() -> endpoint("outbox:orders?inflght=4"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasMessageEndingWith(
            "There are 1 parameters that couldn't be set on the endpoint. Check the uri if the"
                + " parameters are spelt correctly and that they are properties of the endpoint."
                + " Unknown parameters=[{inflght=4}]");
  }

  @Test
  void aMissingNameIsRefused() {
    assertThatThrownBy(() -> endpoint("outbox:"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasMessage(
            "Failed to resolve endpoint: outbox: due to: Expected scheme-specific part at index 7:"
                + " outbox:");
  }

  /** The YAML DSL, whose steps have a scheme and parameters, makes URIs in this way. */
  @Test
  void aUriIsMadeOfParameters() throws Exception {
    EndpointUriFactory factory = camel.getCamelContextExtension().getEndpointUriFactory("outbox");
    assertThat(factory.buildUri("outbox", Map.of("name", "orders", "inFlight", "4")))
        .isEqualTo("outbox:orders?inFlight=4");
    assertThatThrownBy(() -> factory.buildUri("outbox", Map.of("inFlight", "4")))
        .hasMessage("Option name is required when creating endpoint uri with syntax outbox:name");
  }

  @Test
  void theCatalogDescribesEachOption() throws Exception {
    JsonObject catalog =
        (JsonObject) Jsoner.deserialize(camel.getComponentParameterJsonSchema("outbox"));
    List<String> described = new ArrayList<>();
    for (String part : List.of("componentProperties", "headers", "properties")) {
      JsonObject options = catalog.getMap(part);
      for (String name : options.keySet()) {
        JsonObject option = options.getMap(name);
        assertThat(option.getString("description")).as(name).isNotBlank();
        Object value = option.get("defaultValue");
        described.add(part + " " + name + (value == null ? "" : "=" + value));
      }
    }
    assertThat(described)
        .containsExactlyInAnyOrder(
            "componentProperties settings",
            "componentProperties bridgeErrorHandler=false",
            "componentProperties lazyStartProducer=false",
            "componentProperties autowiredEnabled=true",
            "headers DromedaryMessageId",
            "headers DromedaryType",
            "properties name",
            "properties dataSource",
            "properties synchronous=false",
            "properties toChosen=false",
            "properties eventsOnly=false",
            "properties inFlight=256",
            "properties retryDelay=1m",
            "properties retryWindow=4h",
            "properties bridgeErrorHandler=false",
            "properties exceptionHandler",
            "properties exchangePattern",
            "properties executorService",
            "properties limit",
            "properties browseLimit=100",
            "properties lazyStartProducer=false");
  }
}
