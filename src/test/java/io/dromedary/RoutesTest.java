package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.app.PackagedApplication;
import io.dromedary.testing.Signatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.junit5.CamelContextConfiguration;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped YAML files in another Camel application, between Camel's own endpoints. */
class RoutesTest extends CamelMainTestSupport {

  private static final String SECRET = "sharedsecretvalue";

  private static final String EVENT =
      "{\"type\":\"track\",\"event\":\"Sold\",\"userId\":\"u\",\"messageId\":\"m-1\","
          + "\"receivedAt\":\"2026-01-02T03:04:05.000Z\",\"timestamp\":\"2026-01-02T03:04:05.000Z\","
          + "\"version\":1}";

  @TempDir static Path folder;

  @Override
  public void configureContext(CamelContextConfiguration configuration) {
    super.configureContext(configuration);
    Properties settings = new Properties();
    settings.putAll(
        Map.of(
            "webhooks.inbound", "direct:in",
            "webhooks.urls", "mock:webhook",
            "webhooks.dead-letter", "mock:dead",
            // A new store for each test, since ids of another test's events would be duplicates.
            "webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve(UUID.randomUUID() + ".db"),
            "webhooks.signing.secret", SECRET,
            "webhooks.headers.X-Tenant", "acme",
            "webhooks.retry.window", "1h",
            "webhooks.retry.initial-delay", "10ms"));
    configuration.withUseOverridePropertiesWithPropertiesComponent(settings);
  }

  @Override
  protected void configure(MainConfigurationProperties configuration) {
    configuration.withRoutesIncludePattern("classpath:dromedary/routes/*.camel.yaml");
  }

  @Test
  void thePackagedRoutesAreTheFilesOfTheirFolder() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              PackagedApplication.ROUTES.stream().map(name -> name + ".camel.yaml").toList());
    }
  }

  /** A host's own beans and steps may be called {@code answer} or {@code store}. */
  @Test
  void theNamesOfReceivingHaveAPrefix() throws IOException {
    Map<String, Object> beans = new HashMap<>();
    beans.putAll(context().getRegistry().findByTypeWithName(Predicate.class));
    beans.putAll(context().getRegistry().findByTypeWithName(Processor.class));
    beans
        .values()
        .removeIf(bean -> !bean.getClass().getName().matches(".*(inbound|tracking|routing).*"));
    assertThat(beans).hasSizeGreaterThan(5);
    assertThat(beans.keySet()).allMatch(name -> name.startsWith("dromedary-"));
    Pattern names = Pattern.compile("(?:id|name|ref|Ref|ref: *\\n *expression): *([\\w-]+)");
    String file = Files.readString(Path.of("routes/receive-events.camel.yaml"));
    // Parameters of templates cannot clash with other names.
    assertThat(names.matcher(file.replaceAll("(?s)\n    parameters:.*?\n    route:", "")).results())
        .isNotEmpty()
        .allMatch(name -> name.group(1).startsWith("dromedary-"));
  }

  /** In a template, Camel 4.14.0 ignores a placeholder there, and the step is never disabled. */
  @Test
  void noStepIsDisabledBySettings() throws IOException {
    for (String name : PackagedApplication.ROUTES) {
      assertThat(Files.readString(Path.of("routes", name + ".camel.yaml")))
          .as(name)
          .doesNotContain("disabled");
    }
  }

  @Test
  void theRoutesHaveTheirIds() {
    // There is no request bin without a server on loopback, and no batching with size 1.
    assertThat(context().getRoutes())
        .extracting(Route::getRouteId)
        .containsExactlyInAnyOrder(
            "dromedary-receive-events",
            "dromedary-dead-letters",
            "dromedary-deliver-events-default",
            "dromedary-redeliver-round-default",
            "dromedary-send-round-default",
            "dromedary-give-up-default",
            "dromedary-keep-dead-letter-default");
  }

  /** Every route has one sentence for operators. */
  @Test
  void everyRouteIsDescribed() {
    assertThat(context().getRoutes())
        .isNotEmpty()
        .allSatisfy(
            route -> assertThat(route.getDescription()).as(route.getId()).matches("[A-Z].+\\."));
  }

  /** Including routes that are not made here, since there are no batches and no server. */
  @Test
  void everyRouteAndTemplateOfTheFilesHasAnIdAndADescription() throws IOException {
    List<String> definitions = new ArrayList<>();
    for (String name : PackagedApplication.ROUTES) {
      // The file is a list, and each definition is an element of it.
      String file = Files.readString(Path.of("routes", name + ".camel.yaml"));
      Stream.of(file.split("(?m)^- "))
          .filter(element -> element.matches("(?s)route(Template|Configuration)?:\\n.*"))
          .forEach(definitions::add);
    }

    assertThat(definitions)
        .hasSizeGreaterThan(10)
        .allSatisfy(
            definition -> {
              assertThat(definition).containsPattern("\\A\\w+:\\n    id: [a-z]+(-[a-z]+)*\\n");
              assertThat(definition).containsPattern("\\n {4,6}description: [A-Z].+\\.\\n");
            });
    assertThat(count("\n {6}- name: .+\n {8}description: [A-Z].+\\.\n", definitions))
        .as("parameters with a description")
        .isPositive()
        .isEqualTo(count("\n {6}- name: ", definitions));
  }

  private static long count(String pattern, List<String> definitions) {
    return Pattern.compile(pattern).matcher(definitions.toString()).results().count();
  }

  @Test
  void aWebhookThatIsAnotherEndpointGetsTheBodyAndOnlyOurHeaders() throws Exception {
    MockEndpoint webhook = getMockEndpoint("mock:webhook");
    webhook.expectedMessageCount(1);

    template()
        .sendBodyAndHeaders(
            "direct:in",
            EVENT,
            Map.of(
                "Authorization", "Bearer token",
                "Cookie", "a=b",
                "X-Signature", "forged",
                "X-Tenant", "forged",
                "kafka.TOPIC", "events",
                "CamelHttpPath", "/elsewhere",
                "CamelFileName", "events.jsonl"));

    webhook.assertIsSatisfied();
    assertThat(webhook.getExchanges()).singleElement().satisfies(this::assertIsEvent);
    assertThat(getMockEndpoint("mock:dead").getExchanges()).isEmpty();
  }

  private void assertIsEvent(Exchange exchange) {
    assertThat(exchange.getMessage().getBody(byte[].class)).asString(UTF_8).isEqualTo(EVENT);
    assertThat(exchange.getMessage().getHeaders())
        .isEqualTo(
            Map.of(
                "Content-Type", "application/json",
                "X-Tenant", "acme",
                "X-Signature", Signatures.hmacSha1(SECRET, EVENT.getBytes(UTF_8))));
  }

  @Test
  void aWebhookThatFailsIsSentToAgainUntilItAccepts() throws Exception {
    MockEndpoint webhook = getMockEndpoint("mock:webhook");
    for (int attempt = 1; attempt <= 2; attempt++) {
      webhook.whenExchangeReceived(
          attempt,
          exchange -> {
            // An endpoint that changes its message does not change the next attempt.
            exchange.getMessage().setBody("changed");
            exchange.getMessage().setHeader("changed", true);
            throw new IOException("not now");
          });
    }
    webhook.expectedMessageCount(3);

    template().sendBody("direct:in", EVENT);

    webhook.assertIsSatisfied();
    assertIsEvent(webhook.getExchanges().get(2));
    // There are no more attempts and no dead letter.
    assertThat(getMockEndpoint("mock:dead").getExchanges()).isEmpty();
  }

  @Test
  void whatIsNoEventGoesToTheDeadLetterEndpoint() throws Exception {
    MockEndpoint dead = getMockEndpoint("mock:dead");
    MockEndpoint webhook = getMockEndpoint("mock:webhook");
    dead.expectedMessageCount(1);
    webhook.expectedMessageCount(1);

    Instant before = Instant.now();
    template()
        .sendBodyAndHeader(
            "direct:in", "[{\"type\":\"track\",\"messageId\":\"m-0\"}," + EVENT + "]", "own", "1");

    MockEndpoint.assertIsSatisfied(context());
    Exchange letter = dead.getExchanges().get(0);
    String text = letter.getMessage().getBody(String.class);
    String deadAt = text.replaceAll(".*\"deadAt\":\"([^\"]*)\".*", "$1");
    String acceptedAt = text.replaceAll(".*\"acceptedAt\":\"([^\"]*)\".*", "$1");
    assertThat(Instant.parse(acceptedAt)).isBetween(before, Instant.parse(deadAt));
    assertThat(Instant.parse(deadAt)).isBetween(before, Instant.now());
    assertThat(text).matches("\\{\"id\":[1-9]\\d*,.*");
    assertThat(text.replaceFirst("\"id\":\\d+,", ""))
        .isEqualTo(
            "{\"reason\":\"invalid\",\"detail\":\"invalid_event: expected a \\\"userId\\\" or an"
                + " \\\"anonymousId\\\", found neither\",\"destination\":\"default\",\"messageId\":\"m-0\",\"attempts\":0,"
                + "\"acceptedAt\":\""
                + acceptedAt
                + "\",\"deadAt\":\""
                + deadAt
                + "\",\"text\":\"{\\\"type\\\":\\\"track\\\",\\\"messageId\\\":\\\"m-0\\\"}\"}");
    assertThat(letter.getMessage().getHeaders()).isEmpty();
    assertIsEvent(webhook.getExchanges().get(0));
  }

  @Test
  void aMessageBringsAllItsEvents() throws Exception {
    List<String> events =
        Stream.of("m-1", "m-2", "m-3").map(id -> EVENT.replace("m-1", id)).toList();
    MockEndpoint webhook = getMockEndpoint("mock:webhook");
    webhook.expectedMessageCount(3);

    template().sendBody("direct:in", events.toString());

    webhook.assertIsSatisfied();
    assertThat(webhook.getExchanges())
        .extracting(exchange -> exchange.getMessage().getBody(String.class))
        .containsExactlyInAnyOrderElementsOf(events);
  }
}
