package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings of several destinations, valid and wrong. */
class DestinationSettingsTest {

  @TempDir Path folder;
  private final Map<String, String> environment = new HashMap<>();

  /** Reads settings with the server's address that Dromedary's main class sets. */
  private Settings read(String... lines) throws IOException {
    Path properties =
        Files.writeString(
            folder.resolve("application.properties"),
            "camel.server.host=127.0.0.1\ncamel.server.port=8080\n" + String.join("\n", lines),
            UTF_8);
    CamelContext context = new DefaultCamelContext();
    try {
      context.getPropertiesComponent().setLocation("file:" + properties);
      context.getPropertiesComponent().addInitialProperty(PropertyReader.APPLICATION, "true");
      context.build();
      return Settings.read(context, environment);
    } finally {
      context.stop();
    }
  }

  private static DestinationSettings of(Settings settings, String name) {
    return Objects.requireNonNull(settings.destinations().get(name), name);
  }

  private void assertRefused(String problem, String... lines) {
    assertThatThrownBy(() -> read(lines))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  " + problem);
  }

  @Test
  void aFurtherDestinationHasKeysOfItsOwnAndInheritsNone() throws IOException {
    Settings settings =
        read(
            "webhooks.urls = https://a.example/1",
            "webhooks.signing.secret = s3cret",
            "webhooks.headers.Authorization = Bearer t0ken",
            "webhooks.timeout = 7s",
            "webhooks.write-key.secret = k1",
            "webhooks.destination.crm.urls = https://b.example/2, https://c.example/3",
            "webhooks.destination.crm.headers.X-Tenant = acme",
            "webhooks.destination.crm.signing.secret = other",
            "webhooks.destination.crm.acks = all",
            "webhooks.destination.crm.events = track, page",
            "webhooks.destination.crm.write-key.secret = k2, k3",
            "webhooks.destination.crm.batch.size = 10",
            "webhooks.destination.crm.transform = direct:mask",
            "webhooks.destination.b-2.urls = https://d.example/4");

    assertThat(settings.destinations().keySet()).containsExactly("default", "b-2", "crm");
    DestinationSettings crm = of(settings, "crm");
    assertThat(crm.urls()).containsExactly("https://b.example/2", "https://c.example/3");
    assertThat(crm.headers()).isEqualTo(Map.of("X-Tenant", "acme"));
    assertThat(crm.secrets()).containsExactly("other");
    assertThat(crm.acks()).isEqualTo(2);
    assertThat(crm.events()).containsExactlyInAnyOrder("track", "page");
    assertThat(crm.writeKeys()).containsExactly("k2", "k3");
    assertThat(crm.batchSize()).isEqualTo(10);
    assertThat(crm.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(crm.transform()).isEqualTo("direct:mask");
    DestinationSettings other = of(settings, "b-2");
    assertThat(other.secrets()).isEmpty();
    assertThat(other.headers()).isEmpty();
    assertThat(other.events())
        .containsExactlyInAnyOrder(
            "page", "screen", "identify", "track", "alias", "group", "delete");
    assertThat(of(settings, "default").timeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings.writeKeys()).containsExactly("k1", "k2", "k3");
  }

  @Test
  void theEnvironmentMayNameADestination() throws IOException {
    environment.put("WEBHOOKS_DESTINATION_CRM_EU_URLS", "https://b.example/2");
    environment.put("WEBHOOKS_DESTINATION_CRM_EU_SIGNING_SECRET", "other");
    environment.put("WEBHOOKS_DESTINATION_CRM_EU_HEADERS_X_TENANT", "acme");
    environment.put("WEBHOOKS_DESTINATION_CRM_EU_RETRY_MAX_DELAY", "1m");

    DestinationSettings crm = of(read(), "crm-eu");

    assertThat(crm.urls()).containsExactly("https://b.example/2");
    assertThat(crm.secrets()).containsExactly("other");
    assertThat(crm.headers()).isEqualTo(Map.of("X-TENANT", "acme"));
    assertThat(crm.maxDelay()).isEqualTo(Duration.ofMinutes(1));
  }

  /** Quarkus lists a variable as a property, with a name that it derives. */
  @Test
  void aVariableThatAHostListsAsAPropertyNamesNoOtherDestination() throws IOException {
    environment.put("WEBHOOKS_DESTINATION_CRM_EU_URLS", "https://b.example/2");

    Settings settings = read("webhooks.destination.crm.eu.urls = https://b.example/2");

    assertThat(settings.destinations().keySet()).containsExactly("crm-eu");
  }

  @Test
  void theEnvironmentBeatsTheFileAlsoThere() throws IOException {
    environment.put("WEBHOOKS_DESTINATION_CRM_URLS", "https://b.example/2");

    Settings settings = read("webhooks.destination.crm.urls = https://a.example/1");

    assertThat(settings.destinations().keySet()).containsExactly("crm");
    assertThat(of(settings, "crm").urls()).containsExactly("https://b.example/2");
  }

  @Test
  void thereIsNoDefaultDestinationBesideOthersUnlessItHasUrls() throws IOException {
    Settings settings =
        read(
            // As the packaged file has it.
            "webhooks.signing.secret = change-me",
            "webhooks.destination.crm.urls = https://b.example/2");

    assertThat(settings.destinations().keySet()).containsExactly("crm");
    assertThat(StartSummary.warnings(settings)).isEmpty();
  }

  @Test
  void keysOfADefaultDestinationThatIsNotUsedAreAWarning() throws IOException {
    environment.put("WEBHOOKS_RETRY_WINDOW", "1h");

    Settings settings =
        read(
            "webhooks.signing.secret = s3cret",
            "webhooks.headers.Authorization = Bearer t0ken",
            // These have an effect on other destinations, too.
            "webhooks.write-key.secret = k",
            "webhooks.allow-private = 10.0.0.0/8",
            "webhooks.destination.crm.urls = https://b.example/2");

    assertThat(StartSummary.warnings(settings))
        .containsExactly(
            "There is no destination default, since only others have URLs; so these settings have"
                + " no effect: webhooks.headers.Authorization, webhooks.retry.window,"
                + " webhooks.signing.secret; set webhooks.urls, or write webhooks.destination.NAME."
                + " before the keys of a destination");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Where one takes all, on loopback.
        "webhooks.urls = https://a.example                             | ",
        "webhooks.destination.all.urls = https://a.example             | ",
        // Where each has its sources, or there are keys for all senders.
        "                                                              | k",
        "webhooks.urls = https://a.example; webhooks.write-key.secret = d | d;k",
        "webhooks.destination.all.urls = https://a.example; webhooks.write-key.secret = d | d;k",
        // Where others can come, and where the address is not the server's.
        "webhooks.urls = https://a.example; camel.server.host = 0.0.0.0 | k",
        "webhooks.urls = https://a.example; webhooks.inbound = direct:in | k",
      })
  void keysHaveToBePresentedUnlessOneDestinationTakesAll(String more, String wanted)
      throws IOException {
    String lines =
        "webhooks.destination.crm.urls = https://b.example;"
            + "webhooks.destination.crm.write-key.secret = k;"
            + (more == null ? "" : more);

    Settings settings = read(lines.split("; *"));

    assertThat(settings.writeKeys())
        .containsExactly(wanted == null ? new String[0] : wanted.split(";"));
    assertThat(settings.sources()).contains("k");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "crm.urls =                      | webhooks.destination.crm.urls: found nothing, expected one"
            + " to five webhook URLs.",
        "crm.write-key.secret = {{nowhere}} | webhooks.destination.crm.write-key.secret: found a"
            + " {{placeholder}} that names no property, expected one that does.",
        "crm.outbox.password = s3cret    | webhooks.destination.crm.outbox.password: no such key;"
            + " webhooks.outbox.password applies to all destinations.",
        "crm.dead-letter = direct:x      | webhooks.destination.crm.dead-letter: no such key;"
            + " webhooks.dead-letter applies to all destinations.",
        "crm.timout = 5s                 | webhooks.destination.crm.timout: no such key; did you"
            + " mean webhooks.destination.crm.timeout?",
        "crm.timeout = 5                 | webhooks.destination.crm.timeout: found \"5\", expected a"
            + " duration from 10ms to 10m, such as 5s.",
        "crm.acks = 3                    | webhooks.destination.crm.acks: found \"3\", expected 1 to"
            + " 1 (as many as there are webhooks) or all.",
        "crm.events = track, tracks      | webhooks.destination.crm.events: found \"tracks\","
            + " expected some of page, screen, identify, track, alias, group, delete, each once.",
        "crm.events = track, track       | webhooks.destination.crm.events: found \"track\", expected"
            + " some of page, screen, identify, track, alias, group, delete, each once.",
        "crm.transform = nonsense:x      | webhooks.destination.crm.transform: found \"nonsense:x\","
            + " expected a Camel endpoint URI whose component is on the class path (that of"
            + " \"nonsense:\", if there is one, is in org.apache.camel:camel-nonsense).",
        "crm.headers.Host = s3cret       | webhooks.destination.crm.headers.Host: found a secret"
            + " value, expected a header that Dromedary does not set itself.",
        "crm.urls = https://u:p@b.example | webhooks.destination.crm.urls: found"
            + " \"https://b.example\", expected a URL with a host and without user name and fragment"
            + " (put credentials in webhooks.destination.crm.headers.Authorization).",
        "CRM.urls = https://b.example    | webhooks.destination.*: found \"CRM\", expected a name of"
            + " up to 50 lower-case letters, digits and hyphens, other than default.",
        "default.urls = https://b.example | webhooks.destination.*: found \"default\", expected a name"
            + " of up to 50 lower-case letters, digits and hyphens, other than default.",
      })
  void whatIsWrongIsToldByItsFullKey(String line, String problem) {
    assertRefused(
        problem,
        "webhooks.urls = https://a.example/1",
        "webhooks.destination.crm.urls = https://b.example/2",
        "webhooks.destination." + line);
  }

  @Test
  void theLeaseOutlastsTheSlowestDestination() throws IOException {
    String[] lines = {
      "webhooks.destination.crm.urls = https://b.example/2",
      "webhooks.destination.crm.timeout = 2m",
      "webhooks.destination.crm.batch.size = 2",
      "webhooks.destination.crm.batch.interval = 3m",
      "webhooks.destination.slow.urls = https://c.example/3",
      "webhooks.destination.slow.retry.window = 30d",
    };

    OutboxSettings outbox = read(lines).outbox();

    assertThat(outbox.lease()).isEqualTo(Duration.ofSeconds(301));
    assertThat(outbox.longestWait()).isEqualTo(Duration.ofDays(30));
    assertRefused(
        "webhooks.outbox.lease: found \"4m\", expected at least 301s, a second more than"
            + " webhooks.destination.crm.timeout and webhooks.destination.crm.batch.interval.",
        (String.join("\n", lines) + "\nwebhooks.outbox.lease = 4m").split("\n"));
  }

  @Test
  void thereIsABound() {
    String[] lines = new String[51];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = "webhooks.destination.d" + i + ".urls = https://a.example/" + i;
    }
    assertRefused(
        "webhooks.destination.*: found \"51 destinations\", expected at most 50 destinations.",
        lines);
  }
}
