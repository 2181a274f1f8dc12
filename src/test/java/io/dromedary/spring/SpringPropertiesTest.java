package io.dromedary.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.settings.Inbound;
import io.dromedary.settings.Settings;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Tests which of a Spring Boot application's properties Camel gets. */
class SpringPropertiesTest {

  private final StandardEnvironment environment = new StandardEnvironment();
  private final SpringProperties properties = new SpringProperties(environment);

  private void set(String source, Map<String, Object> values) {
    environment.getPropertySources().addFirst(new MapPropertySource(source, values));
  }

  @Test
  void settingsAreListedWithTheValuesThatSpringWouldUse() {
    set("application.yaml", Map.of("webhooks.acks", "1", "webhooks.headers.X-Key", "${shop.key}"));
    set("application-prod.yaml", Map.of("webhooks.acks", 2, "shop.key", "k"));

    assertThat(properties.loadProperties(name -> name.startsWith("webhooks.")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("webhooks.acks", "2", "webhooks.headers.X-Key", "k"));
  }

  @Test
  void aListOfYamlIsOneValue() {
    set(
        "application.yaml",
        Map.of("webhooks.urls[1]", "https://b.example", "webhooks.urls[0]", "https://a.example"));

    assertThat(properties.getProperty("webhooks.urls"))
        .isEqualTo("https://a.example,https://b.example");
  }

  @Test
  void aListGivesWayToWhatSpringTakesFirst() {
    set("application.yaml", Map.of("webhooks.urls[0]", "https://a.example"));
    set("commandLineArgs", Map.of("webhooks.urls", "https://b.example"));

    assertThat(properties.getProperty("webhooks.urls")).isEqualTo("https://b.example");
    assertThat(properties.loadProperties()).containsEntry("webhooks.urls", "https://b.example");
  }

  @Test
  void whatIsSetToNothingHidesNothing() {
    set("application.yaml", Map.of("webhooks.signing.secret", "s3cret"));
    set("commandLineArgs", Map.of("webhooks.signing.secret", " "));

    assertThat(properties.getProperty("webhooks.signing.secret")).isEqualTo("s3cret");
  }

  @Test
  void aPlaceholderThatNamesNothingIsToldWithoutItsValue() {
    set("application.yaml", Map.of("webhooks.urls", "https://a.example/s3cret?${no.such}"));

    assertThatThrownBy(() -> properties.getProperty("webhooks.urls"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "webhooks.urls: found a ${placeholder} that names no property, expected one that does.")
        .hasNoCause();
  }

  /** Camel's own order would be: the environment, -D, files. */
  @Test
  void springsOrderDecides() {
    environment
        .getPropertySources()
        .addFirst(
            new SimpleCommandLinePropertySource(
                "--webhooks.urls=https://command.example",
                "--webhooks.inbound=direct:command",
                "--webhooks.headers.X-Key=command",
                "--webhooks.destination.crm.urls=https://crm.example"));
    System.setProperty("webhooks.urls", "https://system.example");
    System.setProperty("webhooks.inbound", "direct:system");
    System.setProperty("webhooks.headers.X-Key", "system");
    System.setProperty("webhooks.user-agent", "System/1");
    System.setProperty("webhooks.destination.crm.urls", "https://system.example");
    CamelContext context = new DefaultCamelContext();
    try {
      context.getPropertiesComponent().addPropertiesSource(properties);
      context.build();

      Settings settings = Settings.of(context);

      assertThat(settings.inbounds()).containsExactly(new Inbound("default", "direct:command"));
      assertThat(settings.destinations().get("default").urls())
          .containsExactly("https://command.example");
      assertThat(settings.destinations().get("default").headers())
          .isEqualTo(Map.of("X-Key", "command"));
      assertThat(settings.destinations().get("default").userAgent()).isEqualTo("System/1");
      assertThat(settings.destinations().get("crm").urls()).containsExactly("https://crm.example");
      // The routes use the value that Spring has chosen.
      assertThat(
              context.resolvePropertyPlaceholders(
                  "{{dromedary.inbound.default.connection-string}}"))
          .isEqualTo("direct:command");
    } finally {
      context.stop();
      System.getProperties().keySet().removeIf(key -> key.toString().startsWith("webhooks."));
    }
  }

  @Test
  void variablesAreNoNamesOfSettings() {
    environment
        .getPropertySources()
        .replace(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                Map.of("webhooks.acks", "1", "SERVER_ADDRESS", "0.0.0.0")));

    assertThat(properties.loadProperties()).containsOnlyKeys("server.address");
  }

  @Test
  void theHostsOwnPropertiesAreNotShown() {
    set("application.yaml", Map.of("shop.key", "k", "server.port", "8081"));

    assertThat(properties.getProperty("shop.key")).isNull();
    assertThat(properties.getProperty("server.port")).isNull();
    assertThat(properties.loadProperties()).containsOnlyKeys("server.port");
  }
}
