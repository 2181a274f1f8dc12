package io.dromedary.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** What Camel is told of the properties of a Spring Boot application. */
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
