package io.dromedary.settings;

import static io.dromedary.settings.SigningScheme.STANDARD_WEBHOOKS;
import static io.dromedary.settings.SigningScheme.X_SIGNATURE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dromedary.testing.Certificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings, their sources, and the messages about wrong values. */
class SettingsTest {

  /** The base64 form of 24 bytes. */
  private static final String WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final String WRAP =
      "webhooks.wrap: found \"%s\", expected track:NAME, page, page:NAME, screen, screen:NAME or"
          + " identify.";

  private static final String FIVE_URLS =
      "https://a.example/1,https://b.example/2,https://c.example/3,https://d.example/4,https://e.example/5";

  @TempDir Path folder;

  /** The lines of the properties file. */
  private final StringBuilder file = new StringBuilder();

  private final Map<String, String> environment = new HashMap<>();

  /** Whether the settings are those of the packaged application, and not of a host. */
  private boolean isApplication = true;

  @AfterEach
  void clearSystemProperties() {
    System.getProperties().stringPropertyNames().stream()
        .filter(key -> key.startsWith("webhooks.") || key.startsWith("camel.server."))
        .forEach(System::clearProperty);
  }

  private SettingsTest inFile(String line) {
    file.append(line).append('\n');
    return this;
  }

  /** Sets the address that Dromedary's main class sets by default. */
  private SettingsTest onLoopback() {
    return inFile("camel.server.host=127.0.0.1").inFile("camel.server.port=8080");
  }

  private Settings read() {
    return with(context -> Settings.read(context, environment));
  }

  private DestinationSettings destination(String name) {
    return Objects.requireNonNull(read().destinations().get(name), name);
  }

  private <T> T with(Function<CamelContext, T> use) {
    CamelContext context = new DefaultCamelContext();
    try {
      Path properties =
          Files.writeString(folder.resolve("application.properties"), file.toString(), UTF_8);
      context.getPropertiesComponent().setLocation("file:" + properties);
      if (isApplication) {
        context.getPropertiesComponent().addInitialProperty(PropertyReader.APPLICATION, "true");
      }
      context.build();
      return use.apply(context);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      context.stop();
    }
  }

  @Test
  void aHostMayHaveKeysOfItsOwn() {
    isApplication = false;
    onLoopback().inFile("webhooks.orders.url=https://a.example").inFile("webhooks.timeout=3s");

    assertThat(destination("default").timeout()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void pathsMayBeMoved() {
    onLoopback()
        .inFile("webhooks.path=/events/v1/")
        .inFile("webhooks.management.path=/ops")
        .inFile("camel.server.path=/shop");

    Settings settings = read();

    assertThat(settings.paths()).isEqualTo(new ServerPaths("/shop", "/events/v1", "/ops", null));
    assertThat(settings.inbounds())
        .containsExactly(
            new Inbound(
                "default",
                "platform-http:/events/v1?matchOnUriPrefix=true&populateBodyWithForm=false"));
    assertThat(destination("default").urls()).containsExactly("http://127.0.0.1:8080/shop/bin");
  }

  @Test
  void everythingHasADefault() {
    onLoopback();

    assertThat(read())
        .isEqualTo(
            new Settings(
                List.of(
                    new Inbound(
                        "default",
                        "platform-http:/v1?matchOnUriPrefix=true&populateBodyWithForm=false")),
                null,
                new ServerPaths("", "/v1", "/dromedary", null),
                List.of(),
                List.of(),
                false,
                null,
                new OutboxSettings(
                    "jdbc:sqlite:data/outbox.db",
                    null,
                    null,
                    Duration.ofMinutes(2),
                    Duration.ofHours(24),
                    (int) Math.min(50_000_000, Runtime.getRuntime().maxMemory() / 8 / 32),
                    Duration.ofDays(30),
                    Duration.ofHours(4)),
                new ManagementSettings(
                    List.of(),
                    List.of(),
                    false,
                    new PayloadSettings(PayloadSettings.Shown.MASKED, PayloadSettings.DEFAULT)),
                Map.of(
                    "default",
                    new DestinationSettings(
                        "default",
                        Set.of("page", "screen", "identify", "track", "alias", "group", "delete"),
                        List.of(),
                        List.of("http://127.0.0.1:8080/bin"),
                        List.of(
                            new HttpOptions(
                                Map.of(), TlsOptions.NONE, PrivateNetworks.NONE.andLoopback())),
                        Map.of(),
                        "Segment.io/1.0",
                        List.of(),
                        List.of(X_SIGNATURE),
                        1,
                        Duration.ofSeconds(5),
                        Duration.ofHours(4),
                        Duration.ofSeconds(1),
                        2,
                        Duration.ofMinutes(10),
                        0.2,
                        Duration.ofSeconds(30),
                        Runtime.version().feature() >= 21 ? 2000 : 1000,
                        null,
                        null,
                        new DownSettings(
                            true, 20, Duration.ofSeconds(10), 3, Duration.ofSeconds(5)),
                        1,
                        Duration.ofSeconds(1),
                        null)),
                List.of(),
                new HistorySettings(true, 200),
                null));
  }

  @Test
  void theRoutesFindTheDefaults() {
    onLoopback();

    String found =
        with(
            context -> {
              Settings.read(context, environment);
              return context.resolvePropertyPlaceholders(
                  "{{dromedary.inbound.default.connection-string}} {{dromedary.dead-letter.connection-string}} {{dromedary.inbound.default.outbox}}"
                      + " {{dromedary.destination.default.batch.size}}"
                      + " {{dromedary.destination.default.batch.interval}}");
            });

    assertThat(found)
        .isEqualTo(
            "platform-http:/v1?matchOnUriPrefix=true&populateBodyWithForm=false"
                + " log:io.dromedary.dead-letters?level=OFF outbox:default?toChosen=true&eventsOnly=true 1 1000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jms:events | ?transacted=true&lazyCreateTransactionManager=false&eagerLoadingOfProperties=true&disableReplyTo=true&messageConverter=#class:io.dromedary.inbound.JmsBodies",
        "amqp:events?clientId=a | &transacted=true&lazyCreateTransactionManager=false&eagerLoadingOfProperties=true&disableReplyTo=true&messageConverter=#class:io.dromedary.inbound.JmsBodies",
        "jms:events?disableReplyTo=false | &transacted=true&lazyCreateTransactionManager=false&eagerLoadingOfProperties=true&messageConverter=#class:io.dromedary.inbound.JmsBodies",
        "jms:events?acknowledgementModeName=CLIENT_ACKNOWLEDGE | &messageConverter=#class:io.dromedary.inbound.JmsBodies",
        "jms:events?transacted=false | &messageConverter=#class:io.dromedary.inbound.JmsBodies",
        "jms:events?transacted=false&messageConverter=#theirs | ''",
        "kafka:events?brokers=b:9092 | &breakOnFirstError=true&autoCommitEnable=false&allowManualCommit=true&pollOnError=RECONNECT&kafkaManualCommitFactory=#class:org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory&batching=true&maxPollRecords=500&pollTimeoutMs=20&batchingIntervalMs=20",
        "kafka:events?pollTimeoutMs=9&batching=true | &breakOnFirstError=true&autoCommitEnable=false&allowManualCommit=true&pollOnError=RECONNECT&kafkaManualCommitFactory=#class:org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory&maxPollRecords=500&batchingIntervalMs=20",
        "kafka:events?batching=false | &breakOnFirstError=true&autoCommitEnable=false&allowManualCommit=true&pollOnError=RECONNECT&kafkaManualCommitFactory=#class:org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory",
        "kafka:events?valueDeserializer=x.Y | &breakOnFirstError=true&autoCommitEnable=false&allowManualCommit=true&pollOnError=RECONNECT&kafkaManualCommitFactory=#class:org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory",
        "kafka:events?autoCommitEnable=true | ''",
        "seda:kafka               | ''",
      })
  void aSourceHearsThatAMessageWasTakenOnlyWhenItIsStored(String inbound, String added) {
    onLoopback().inFile("webhooks.inbound=" + inbound);

    String found =
        with(
            context -> {
              Settings.read(context, environment);
              return context.resolvePropertyPlaceholders(
                  "{{dromedary.inbound.default.connection-string}}");
            });

    assertThat(found).isEqualTo(inbound + added);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file:dead | file:dead?chmod=600&chmodDirectory=700",
        "file:dead?fileName=a&chmod=640 | file:dead?fileName=a&chmod=640&chmodDirectory=700",
        "seda:dead | seda:dead",
      })
  @DisabledOnOs(OS.WINDOWS)
  void filesOfDeadLettersAreForTheirOwner(String deadLetter, String complete) {
    onLoopback().inFile("webhooks.dead-letter=" + deadLetter);

    String found =
        with(
            context -> {
              Settings.read(context, environment);
              return context.resolvePropertyPlaceholders(
                  "{{dromedary.dead-letter.connection-string}}");
            });

    assertThat(found).isEqualTo(complete);
  }

  /** Camel itself would use the value as it was set, without the added options. */
  @Test
  void aSourceThatIsSetOnTheCommandLineHearsNoSooner() {
    onLoopback();
    System.setProperty("webhooks.inbound", "jms:events");

    String found =
        with(
            context -> {
              Settings.read(context, environment);
              return context.resolvePropertyPlaceholders(
                  "{{dromedary.inbound.default.connection-string}}");
            });

    assertThat(found).startsWith("jms:events?transacted=true&");
  }

  @Test
  void anOutboxTellsNobodyOfItsDeadLettersUnlessItIsTold() {
    onLoopback();

    assertThat(read().deadLetter()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:sqlite:data/outbox.db,jdbc:sqlite:data/outbox.db",
    "jdbc:postgresql://db/events?password=hush,jdbc:postgresql://db/events",
    "jdbc:postgresql://user:hush@db/events,jdbc:postgresql://db/events",
  })
  void ofTheOutboxesUrlNoPasswordIsShown(String url, String shown) {
    onLoopback().inFile("webhooks.outbox.url=" + url);

    assertThat(read().outbox().shown()).isEqualTo(shown);
  }

  @Test
  void theDefaultOfTheLeaseIsNeverTooShort() {
    onLoopback().inFile("webhooks.timeout=3m").inFile("webhooks.batch.interval=1h");
    assertThat(read().outbox().lease()).isEqualTo(Duration.ofSeconds(181));

    inFile("webhooks.batch.size=2");
    assertThat(read().outbox().lease()).isEqualTo(Duration.ofSeconds(3781));
  }

  @Test
  void theOutboxAloneTellsOfItsOwnKeysOnly() {
    inFile("webhooks.outbox.lease=soon").inFile("webhooks.acks=7");

    assertThatThrownBy(() -> with(OutboxSettings::of))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            "Dromedary cannot start: 1 setting is wrong.\n"
                + "  webhooks.outbox.lease: found \"soon\", expected a duration from 1ms to 24h, such"
                + " as 2m.");
  }

  @Test
  void aClockOfTheHostIsNotTheOneThatDecides() {
    Clock fixed = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

    Clock found =
        with(
            context -> {
              context.getRegistry().bind("clock", fixed);
              return Settings.clock(context);
            });
    Clock named =
        with(
            context -> {
              context.getRegistry().bind("dromedary-clock", fixed);
              return Settings.clock(context);
            });

    assertThat(found).isEqualTo(Clock.systemUTC());
    assertThat(named).isSameAs(fixed);
  }

  @Test
  void aContextReadsItsSettingsOnce() {
    onLoopback();

    List<Settings> read = with(context -> List.of(Settings.of(context), Settings.of(context)));

    assertThat(read.get(1)).isSameAs(read.get(0));
  }

  private static String inbound(Settings settings) {
    return settings.inbounds().get(0).uri();
  }

  static Stream<Arguments> keys() {
    return Stream.of(
        key("inbound", SettingsTest::inbound, "direct:file", "direct:system", "direct:environment"),
        key("wrap", Settings::wrap, "track:Order: Placed", "page", "identify"),
        key("dead-letter", Settings::deadLetter, "log:file", "log:system", "log:environment"),
        key("user-agent", of(DestinationSettings::userAgent), "File/1", "System/1", "Env/1"),
        arguments(
            "webhooks.urls",
            "WEBHOOKS_URLS",
            List.of("http://file", FIVE_URLS, "http://a , http://b"),
            of(DestinationSettings::urls),
            List.of(
                List.of("http://file"), //
                List.of(FIVE_URLS.split(",")),
                List.of("http://a", "http://b"))),
        arguments(
            "webhooks.headers.X-Api-Key",
            "WEBHOOKS_HEADERS_X_API_KEY",
            List.of("file", "system", "environment"),
            of(DestinationSettings::headers),
            List.of(
                Map.of("X-Api-Key", "file"),
                Map.of("X-Api-Key", "system"),
                Map.of("X-Api-Key", "environment"))),
        arguments(
            "webhooks.write-key.secret",
            "WEBHOOKS_WRITE_KEY_SECRET",
            List.of("file", "new,old", "environment"),
            (Function<Settings, Object>) Settings::writeKeys,
            List.of(List.of("file"), List.of("new", "old"), List.of("environment"))),
        arguments(
            "webhooks.cors.origins",
            "WEBHOOKS_CORS_ORIGINS",
            List.of("https://file", "https://a, https://b", "*"),
            (Function<Settings, Object>) Settings::corsOrigins,
            List.of(List.of("https://file"), List.of("https://a", "https://b"), List.of("*"))),
        arguments(
            "webhooks.signing.secret",
            "WEBHOOKS_SIGNING_SECRET",
            List.of("file", "new,old", "environment"),
            of(DestinationSettings::secrets),
            List.of(List.of("file"), List.of("new", "old"), List.of("environment"))),
        arguments(
            "webhooks.signing.scheme",
            "WEBHOOKS_SIGNING_SCHEME",
            List.of("standard-webhooks", "standard-webhooks,x-signature", "x-signature"),
            of(DestinationSettings::schemes),
            List.of(
                List.of(STANDARD_WEBHOOKS),
                List.of(STANDARD_WEBHOOKS, X_SIGNATURE),
                List.of(X_SIGNATURE))),
        arguments(
            "webhooks.acks",
            "WEBHOOKS_ACKS",
            List.of("2", "all", "3"),
            of(DestinationSettings::acks),
            List.of(2, 5, 3)),
        key(
            "outbox.url",
            settings -> settings.outbox().url(),
            "jdbc:sqlite:file.db",
            "jdbc:postgresql://system/db",
            "jdbc:postgresql://env/db"),
        key("outbox.user", settings -> settings.outbox().user(), "file", "system", "environment"),
        key("outbox.password", settings -> settings.outbox().password(), "file", "system", "env"),
        arguments(
            "webhooks.outbox.lease",
            "WEBHOOKS_OUTBOX_LEASE",
            List.of("6s", "3m", "24h"),
            (Function<Settings, Object>) settings -> settings.outbox().lease(),
            List.of(Duration.ofSeconds(6), Duration.ofMinutes(3), Duration.ofHours(24))),
        arguments(
            "webhooks.dedup.window",
            "WEBHOOKS_DEDUP_WINDOW",
            List.of("0s", "1h", "30d"),
            (Function<Settings, Object>) settings -> settings.outbox().dedupWindow(),
            List.of(Duration.ZERO, Duration.ofHours(1), Duration.ofDays(30))),
        arguments(
            "webhooks.dead-letter.retention",
            "WEBHOOKS_DEAD_LETTER_RETENTION",
            List.of("1ms", "7d", "3650d"),
            (Function<Settings, Object>) settings -> settings.outbox().retention(),
            List.of(Duration.ofMillis(1), Duration.ofDays(7), Duration.ofDays(3650))),
        arguments(
            "webhooks.retry.in-memory",
            "WEBHOOKS_RETRY_IN_MEMORY",
            List.of("0s", "5s", "24h"),
            of(DestinationSettings::inMemory),
            List.of(Duration.ZERO, Duration.ofSeconds(5), Duration.ofHours(24))),
        arguments(
            "webhooks.management.secret",
            "WEBHOOKS_MANAGEMENT_SECRET",
            List.of("file", "new,old", "environment"),
            (Function<Settings, Object>) settings -> settings.management().secrets(),
            List.of(List.of("file"), List.of("new", "old"), List.of("environment"))),
        arguments(
            "webhooks.management.read-only.secret",
            "WEBHOOKS_MANAGEMENT_READ_ONLY_SECRET",
            List.of("file", "new,old", "environment"),
            (Function<Settings, Object>) settings -> settings.management().readOnlySecrets(),
            List.of(List.of("file"), List.of("new", "old"), List.of("environment"))),
        arguments(
            "webhooks.management.auth",
            "WEBHOOKS_MANAGEMENT_AUTH",
            List.of("host", "secret", "host"),
            (Function<Settings, Object>) settings -> settings.management().isByHost(),
            List.of(true, false, true)),
        arguments(
            "webhooks.management.payloads",
            "WEBHOOKS_MANAGEMENT_PAYLOADS",
            List.of("all", "masked", "none"),
            (Function<Settings, Object>) settings -> settings.management().payloads().shown(),
            List.of(
                PayloadSettings.Shown.ALL,
                PayloadSettings.Shown.MASKED,
                PayloadSettings.Shown.NONE)),
        arguments(
            "webhooks.management.mask",
            "WEBHOOKS_MANAGEMENT_MASK",
            List.of("Email", "a,traits.city", "ip"),
            (Function<Settings, Object>) settings -> settings.management().payloads().masked(),
            List.of(List.of("email"), List.of("a", "traits.city"), List.of("ip"))),
        durations("timeout", of(DestinationSettings::timeout)),
        durations("retry.window", of(DestinationSettings::retryWindow)),
        durations("retry.initial-delay", of(DestinationSettings::initialDelay)),
        durations("retry.max-delay", of(DestinationSettings::maxDelay)),
        durations("batch.interval", of(DestinationSettings::batchInterval)),
        arguments(
            "webhooks.retry.multiplier",
            "WEBHOOKS_RETRY_MULTIPLIER",
            List.of("1", "1.25", "100"),
            of(DestinationSettings::multiplier),
            List.of(1.0, 1.25, 100.0)),
        arguments(
            "webhooks.retry.jitter",
            "WEBHOOKS_RETRY_JITTER",
            List.of("0", "0.5", "1"),
            of(DestinationSettings::jitter),
            List.of(0.0, 0.5, 1.0)),
        arguments(
            "webhooks.in-flight",
            "WEBHOOKS_IN_FLIGHT",
            List.of("1", "64", "100000"),
            of(DestinationSettings::inFlight),
            List.of(1, 64, 100_000)),
        arguments(
            "webhooks.rate",
            "WEBHOOKS_RATE",
            List.of("100/s", "999999/m", "1/h"),
            of(DestinationSettings::rate),
            List.of(
                new Rate(100, Duration.ofSeconds(1)),
                new Rate(999_999, Duration.ofMinutes(1)),
                new Rate(1, Duration.ofHours(1)))),
        arguments(
            "webhooks.concurrency",
            "WEBHOOKS_CONCURRENCY",
            List.of("1", "64", "100000"),
            of(DestinationSettings::concurrency),
            List.of(1, 64, 100_000)),
        arguments(
            "webhooks.down.detection",
            "WEBHOOKS_DOWN_DETECTION",
            List.of("off", "on", "false"),
            ofDown(DownSettings::detection),
            List.of(false, true, false)),
        arguments(
            "webhooks.down.attempts",
            "WEBHOOKS_DOWN_ATTEMPTS",
            List.of("1", "30", "10000"),
            ofDown(DownSettings::attempts),
            List.of(1, 30, 10_000)),
        arguments(
            "webhooks.down.after",
            "WEBHOOKS_DOWN_AFTER",
            List.of("0s", "30s", "1h"),
            ofDown(DownSettings::after),
            List.of(Duration.ZERO, Duration.ofSeconds(30), Duration.ofHours(1))),
        arguments(
            "webhooks.down.events",
            "WEBHOOKS_DOWN_EVENTS",
            List.of("1", "5", "1000"),
            ofDown(DownSettings::events),
            List.of(1, 5, 1000)),
        arguments(
            "webhooks.down.probe-interval",
            "WEBHOOKS_DOWN_PROBE_INTERVAL",
            List.of("10ms", "1s", "10s"),
            ofDown(DownSettings::probeInterval),
            List.of(Duration.ofMillis(10), Duration.ofSeconds(1), Duration.ofSeconds(10))),
        arguments(
            "webhooks.batch.size",
            "WEBHOOKS_BATCH_SIZE",
            List.of("1", "50", "1000"),
            of(DestinationSettings::batchSize),
            List.of(1, 50, 1000)));
  }

  private static Function<Settings, Object> of(Function<DestinationSettings, Object> read) {
    return settings -> read.apply(settings.destinations().get("default"));
  }

  private static Function<Settings, Object> ofDown(Function<DownSettings, Object> read) {
    return of(destination -> read.apply(destination.down()));
  }

  /** A key whose values are texts, which are not converted. */
  private static Arguments key(String key, Function<Settings, Object> read, String... values) {
    return arguments(
        "webhooks." + key, environmentName(key), List.of(values), read, List.of(values));
  }

  private static Arguments durations(String key, Function<Settings, Object> read) {
    return arguments(
        "webhooks." + key,
        environmentName(key),
        List.of("500ms", "2s", "3m"),
        read,
        List.of(Duration.ofMillis(500), Duration.ofSeconds(2), Duration.ofMinutes(3)));
  }

  private static String environmentName(String key) {
    return switch (key) {
      case "inbound" -> "WEBHOOKS_INBOUND";
      case "wrap" -> "WEBHOOKS_WRAP";
      case "dead-letter" -> "WEBHOOKS_DEAD_LETTER";
      case "outbox.url" -> "WEBHOOKS_OUTBOX_URL";
      case "outbox.user" -> "WEBHOOKS_OUTBOX_USER";
      case "outbox.password" -> "WEBHOOKS_OUTBOX_PASSWORD";
      case "user-agent" -> "WEBHOOKS_USER_AGENT";
      case "timeout" -> "WEBHOOKS_TIMEOUT";
      case "retry.window" -> "WEBHOOKS_RETRY_WINDOW";
      case "retry.initial-delay" -> "WEBHOOKS_RETRY_INITIAL_DELAY";
      case "retry.max-delay" -> "WEBHOOKS_RETRY_MAX_DELAY";
      case "batch.interval" -> "WEBHOOKS_BATCH_INTERVAL";
      default -> throw new IllegalArgumentException(key);
    };
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("keys")
  void theEnvironmentBeatsTheSystemPropertyBeatsTheFile(
      String key,
      String environmentName,
      List<String> values,
      Function<Settings, Object> read,
      List<Object> expected) {
    onLoopback();
    // Other keys are checked against these.
    inFile("webhooks.urls=" + FIVE_URLS).inFile("webhooks.signing.secret=" + WHSEC);

    inFile(key + "=" + values.get(0));
    assertThat(read.apply(read())).isEqualTo(expected.get(0));

    System.setProperty(key, values.get(1));
    assertThat(read.apply(read())).isEqualTo(expected.get(1));

    environment.put(environmentName, values.get(2));
    assertThat(read.apply(read())).isEqualTo(expected.get(2));
  }

  /** In Quarkus, -D overrides the environment, as its MicroProfile Config decides. */
  @Test
  void aHostWithAnOrderOfItsOwnDecides() {
    inFile("webhooks.headers.X-Key=file");
    System.setProperty("webhooks.acks", "2");
    environment.put("WEBHOOKS_ACKS", "3");
    environment.put("WEBHOOKS_HEADERS_X_KEY", "environment");
    environment.put("WEBHOOKS_HEADERS_X_OTHER", "environment");
    Map<String, String> decided =
        Map.of(
            "webhooks.acks", "2",
            "webhooks.headers.X-Key", "host",
            "webhooks.headers.X-OTHER", "host");

    with(
        context -> {
          PropertyReader keys = new PropertyReader(context, environment, new HostStub(decided));
          assertThat(keys.value("acks")).isEqualTo("2");
          assertThat(keys.named("headers.")).isEqualTo(Map.of("X-Key", "host", "X-OTHER", "host"));
          return null;
        });
  }

  private record HostStub(Map<String, String> values) implements PropertiesSource {

    @Override
    public String getName() {
      return "host";
    }

    @Override
    public @Nullable String getProperty(String name) {
      return values.get(name);
    }
  }

  @Test
  void theRequestBinFollowsTheServersPort() {
    onLoopback();
    assertThat(destination("default").urls()).containsExactly("http://127.0.0.1:8080/bin");

    System.setProperty("camel.server.port", "8081");
    assertThat(destination("default").urls()).containsExactly("http://127.0.0.1:8081/bin");

    environment.put("CAMEL_SERVER_PORT", "8082");
    assertThat(destination("default").urls()).containsExactly("http://127.0.0.1:8082/bin");
  }

  @Test
  void aVariableThatAHostListsAsAPropertyIsNoOtherKey() {
    onLoopback().inFile("webhooks.retry.initial.delay=2s").inFile("webhooks.headers.x.api.key=k");
    environment.put("WEBHOOKS_RETRY_INITIAL_DELAY", "2s");
    environment.put("WEBHOOKS_HEADERS_X_API_KEY", "k");

    DestinationSettings destination = destination("default");

    assertThat(destination.initialDelay()).isEqualTo(Duration.ofSeconds(2));
    assertThat(destination.headers()).isEqualTo(Map.of("X-API-KEY", "k"));
  }

  @Test
  void headersComeFromAllSources() {
    onLoopback().inFile("webhooks.headers.X-Tenant=acme").inFile("webhooks.headers.X-File=a b");
    System.setProperty("webhooks.headers.X-System", "system");
    environment.put("WEBHOOKS_HEADERS_AUTHORIZATION", "Bearer token");
    environment.put("WEBHOOKS_HEADERS_X_API_KEY", " key ");
    environment.put("WEBHOOKS_HEADERS_X_TENANT", "other");

    assertThat(destination("default").headers())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "X-Tenant", "other",
                "X-File", "a b",
                "X-System", "system",
                "AUTHORIZATION", "Bearer token",
                "X-API-KEY", "key"));
  }

  @Test
  void urlsMayBeWrittenAsABrowserTakesThem() {
    onLoopback().inFile("webhooks.allow-private=true");
    // In a properties file, a backslash is an escape.
    inFile(
        "webhooks.urls=HTTP://my_receiver:8080/x, https://b\\u00fccher.example/\\u00e9,"
            + " https://a.example/?ids=1\\\\,2, kafka:a?brokers=b:1\\\\,b:2");

    assertThat(destination("default").urls())
        .containsExactly(
            "http://my_receiver:8080/x",
            "https://xn--bcher-kva.example/%C3%A9",
            "https://a.example/?ids=1,2",
            "kafka:a?brokers=b:1,b:2");
  }

  @Test
  void valuesMayNameOtherProperties() {
    onLoopback().inFile("team.host=hooks.example.com").inFile("team.key=abc");
    inFile("webhooks.urls=https://{{team.host}}/a,https://{{team.host}}/b");
    inFile("webhooks.headers.X-Key={{team.key}}");
    environment.put("WEBHOOKS_SIGNING_SECRET", "{{team.key}}");
    environment.put("WEBHOOKS_HEADERS_X_FROM_ENVIRONMENT", "{{team.key}}");

    DestinationSettings destination = destination("default");

    assertThat(destination.urls())
        .containsExactly("https://hooks.example.com/a", "https://hooks.example.com/b");
    assertThat(destination.secrets()).containsExactly("abc");
    assertThat(destination.headers())
        .containsExactlyInAnyOrderEntriesOf(Map.of("X-Key", "abc", "X-FROM-ENVIRONMENT", "abc"));
  }

  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "5s,PT5S", "10m,PT10M", "4h,PT4H", "7d,PT168H", "30d,PT720H"})
  void durationsHaveAUnit(String text, Duration expected) {
    onLoopback().inFile("webhooks.retry.window=" + text);

    assertThat(destination("default").retryWindow()).isEqualTo(expected);
  }

  @Test
  void anythingButATrackingApiMayListenAnywhereWithoutAWriteKey() {
    inFile("camel.server.host=0.0.0.0").inFile("camel.server.port=8080");
    inFile("webhooks.inbound=direct:in").inFile("webhooks.urls=https://a.example");

    assertThat(read().writeKeys()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1", "localhost", "::1"})
  void onLoopbackNoWriteKeyIsNeeded(String host) {
    inFile("camel.server.host=" + host).inFile("camel.server.port=8080");

    assertThat(read().writeKeys()).isEmpty();
  }

  static Stream<Arguments> badValues() {
    String noUrl =
        "expected a URL with a host and without user name and fragment (put credentials in"
            + " webhooks.headers.Authorization).";
    String noSecret =
        "expected whsec_ and the base64 form of 16 to 128 bytes, for the scheme standard-webhooks.";
    return Stream.of(
        // Where events go.
        arguments(
            "urls=" + FIVE_URLS + ",https://f.example",
            "webhooks.urls: found \"6 webhooks\", expected one to five webhook URLs."),
        arguments(
            "urls=https://a.example/x,https://a.example/x",
            "webhooks.urls: found \"https://a.example twice\", expected each webhook once."),
        arguments(
            "urls=hhtp://a.example/x",
            "webhooks.urls: found \"hhtp://a.example\", expected an http or https URL, or another"
                + " Camel endpoint URI."),
        arguments(
            "urls=https://user:word@a.example/x",
            "webhooks.urls: found \"https://a.example\", " + noUrl),
        arguments(
            "urls=https://a.example/x#part",
            "webhooks.urls: found \"https://a.example\", " + noUrl),
        arguments("urls=https:///x", "webhooks.urls: found \"https://\", " + noUrl),
        arguments(
            "urls=http://a.example:port/x",
            "webhooks.urls: found \"http://a.example:port\", " + noUrl),
        arguments(
            "urls=https://a.example/x y",
            "webhooks.urls: found \"https://a.example\", expected a URL without blanks and"
                + " unescaped characters."),
        arguments(
            "urls=https://a.example/x?ids=1,2",
            "webhooks.urls: found \"something else behind a comma\", expected an http or https URL, or"
                + " another Camel endpoint URI (a comma within one is written %2C or \\,)."),
        arguments(
            "urls=https://a.example/x?ids=1,seda",
            "webhooks.urls: found \"something else behind a comma\", expected an http or https URL, or"
                + " another Camel endpoint URI (a comma within one is written %2C or \\,)."),
        arguments(
            "urls=http://my_receiver/x,HTTP://my_receiver/x",
            "webhooks.urls: found \"HTTP://my_receiver twice\", expected each webhook once."),
        arguments(
            "urls=https://fa\\u00dfx.example/x",
            "webhooks.urls: found \"https://faßx.example\", expected the ASCII form of its host"
                + " (xn--…), since this one has two."),
        // How they are signed.
        arguments(
            "signing.scheme=hmac",
            "webhooks.signing.scheme: found \"hmac\", expected some of x-signature,"
                + " standard-webhooks, each once."),
        arguments(
            "signing.scheme=x-signature,x-signature",
            "webhooks.signing.scheme: found \"x-signature\", expected some of x-signature,"
                + " standard-webhooks, each once."),
        arguments(
            "signing.scheme=standard-webhooks",
            "webhooks.signing.secret: found nothing, expected a secret, since standard-webhooks is a"
                + " scheme."),
        arguments(
            "signing.scheme=standard-webhooks\nwebhooks.signing.secret=plain",
            "webhooks.signing.secret: found a secret value, " + noSecret),
        arguments(
            "signing.scheme=standard-webhooks\nwebhooks.signing.secret=whsec_c2hvcnQ=",
            "webhooks.signing.secret: found a secret value, " + noSecret),
        arguments(
            "signing.scheme=standard-webhooks\nwebhooks.signing.secret=" + WHSEC + ",whsec_%%%",
            "webhooks.signing.secret: found a secret value, " + noSecret),
        arguments(
            "signing.secret=" + IntStream.range(0, 11).mapToObj(i -> "s" + i).collect(joining(",")),
            "webhooks.signing.secret: found a secret value, expected at most ten secrets."),
        // What they carry.
        arguments(
            "headers.Content-Type=text/plain",
            "webhooks.headers.Content-Type: found a secret value, expected a header that Dromedary"
                + " does not set itself."),
        arguments(
            "headers.x-signature=0000",
            "webhooks.headers.x-signature: found a secret value, expected a header that Dromedary"
                + " does not set itself."),
        arguments(
            "headers.X\\ Key=abc",
            "webhooks.headers.X Key: found a secret value, expected a name of letters, digits and"
                + " hyphens."),
        arguments(
            "headers.X-Key=caf\\u00e9",
            "webhooks.headers.X-Key: found a secret value, expected 1 to 8,000 printable ASCII"
                + " characters."),
        arguments(
            "headers.X-Key=a\\r\\nX-Other: b",
            "webhooks.headers.X-Key: found a secret value, expected 1 to 8,000 printable ASCII"
                + " characters."),
        // Options of Camel's HTTP endpoint.
        arguments(
            "http.proxyHots=proxy",
            "webhooks.http.proxyHots: found \"proxyHots\", expected an option of Camel's HTTP"
                + " endpoint."),
        arguments(
            "http.followRedirects=true",
            "webhooks.http.followRedirects: found \"followRedirects\", expected no such option,"
                + " since a redirect turns a POST into a GET and delivers nothing."),
        arguments(
            "1.http.httpMethod=PUT\nwebhooks.urls=https://a.example",
            "webhooks.1.http.httpMethod: found \"httpMethod\", expected no such option, since an"
                + " attempt is one POST of the event."),
        arguments(
            "1.http.proxyHost=proxy\nwebhooks.urls=seda:a",
            "webhooks.1.http.*: found \"seda:a\", expected an http or https URL as webhook 1."),
        arguments(
            "2.http.proxyHost=proxy\nwebhooks.urls=https://a.example",
            "webhooks.2.http.proxyHost: no such key; the settings are listed in docs/settings.md."),
        arguments(
            "tls.key-store=nowhere.p12\nwebhooks.tls.key-store.password=p",
            "webhooks.tls.key-store: found \"nowhere.p12\", expected a file that exists."),
        arguments(
            "allow-private=10.0.0.0/8,10.0.0.0/33",
            "webhooks.allow-private: found \"10.0.0.0/33\", expected networks such as 127.0.0.0/8,"
                + " 10.1.2.3 or fd00::/8, or true."),
        arguments(
            "allow-private=intranet",
            "webhooks.allow-private: found \"intranet\", expected networks such as 127.0.0.0/8,"
                + " 10.1.2.3 or fd00::/8, or true."),
        arguments(
            "tls.trust-store=nowhere.p12",
            "webhooks.tls.trust-store.password: found nothing, expected the password of"
                + " webhooks.tls.trust-store."),
        // How many must accept.
        arguments(
            "acks=2\nwebhooks.urls=https://a.example",
            "webhooks.acks: found \"2\", expected 1 to 1 (as many as there are webhooks) or all."),
        arguments(
            "acks=4\nwebhooks.urls=https://a.example,https://b.example,https://c.example",
            "webhooks.acks: found \"4\", expected 1 to 3 (as many as there are webhooks) or all."),
        arguments(
            "acks=most",
            "webhooks.acks: found \"most\", expected 1 to 1 (as many as there are webhooks) or all."),
        // Durations and numbers.
        arguments(
            "timeout=five",
            "webhooks.timeout: found \"five\", expected a duration from 10ms to 10m, such as 5s."),
        arguments(
            "timeout=5000",
            "webhooks.timeout: found \"5000\", expected a duration from 10ms to 10m, such as 5s."),
        arguments(
            "timeout=9ms",
            "webhooks.timeout: found \"9ms\", expected a duration from 10ms to 10m, such as 5s."),
        arguments(
            "timeout=-1s",
            "webhooks.timeout: found \"-1s\", expected a duration from 10ms to 10m, such as 5s."),
        arguments(
            "retry.window=999999999999d",
            "webhooks.retry.window: found \"999999999999d\", expected a duration from 1ms to 720h,"
                + " such as 4h."),
        arguments(
            "retry.initial-delay=1.5s",
            "webhooks.retry.initial-delay: found \"1.5s\", expected a duration from 1ms to 24h, such"
                + " as 1s."),
        arguments(
            "retry.max-delay=2d",
            "webhooks.retry.max-delay: found \"2d\", expected a duration from 1ms to 24h, such as"
                + " 10m."),
        arguments(
            "batch.interval=0s",
            "webhooks.batch.interval: found \"0s\", expected a duration from 10ms to 1h, such as"
                + " 1s."),
        arguments(
            "retry.multiplier=0.5",
            "webhooks.retry.multiplier: found \"0.5\", expected a number from 1.0 to 100.0."),
        arguments(
            "retry.jitter=20%",
            "webhooks.retry.jitter: found \"20%\", expected a number from 0.0 to 1.0."),
        arguments(
            "in-flight=0",
            "webhooks.in-flight: found \"0\", expected a whole number from 1 to 100000."),
        arguments(
            "rate=100",
            "webhooks.rate: found \"100\", expected 1 to 999999 requests a second, minute or hour,"
                + " such as 100/s, 600/m, 9/h."),
        arguments(
            "rate=0/s",
            "webhooks.rate: found \"0/s\", expected 1 to 999999 requests a second, minute or hour,"
                + " such as 100/s, 600/m, 9/h."),
        arguments(
            "concurrency=0",
            "webhooks.concurrency: found \"0\", expected a whole number from 1 to 100000."),
        arguments(
            "down.detection=never",
            "webhooks.down.detection: found \"never\", expected on or off."),
        arguments(
            "down.attempts=0",
            "webhooks.down.attempts: found \"0\", expected a whole number from 1 to 10000."),
        arguments(
            "down.after=2h",
            "webhooks.down.after: found \"2h\", expected a duration from 0ms to 1h, such as 10s."),
        arguments(
            "down.events=0",
            "webhooks.down.events: found \"0\", expected a whole number from 1 to 1000."),
        arguments(
            "down.probe-interval=11s",
            "webhooks.down.probe-interval: found \"11s\", expected a duration from 10ms to 10s, such"
                + " as 5s."),
        arguments(
            "batch.size=1001",
            "webhooks.batch.size: found \"1001\", expected a whole number from 1 to 1000."),
        arguments(
            "batch.size=2147483648",
            "webhooks.batch.size: found \"2147483648\", expected a whole number from 1 to 1000."),
        arguments("wrap=Order Placed", WRAP.formatted("Order Placed")),
        arguments("wrap=track", WRAP.formatted("track")),
        arguments("wrap=track: ", WRAP.formatted("track:")),
        arguments("wrap=Track:Order Placed", WRAP.formatted("Track:Order Placed")),
        arguments("wrap=identify:me", WRAP.formatted("identify:me")),
        arguments("wrap=group:g", WRAP.formatted("group:g")),
        // Where they wait.
        arguments(
            "queue=seda:events",
            "webhooks.queue: no such key; the settings are listed in docs/settings.md."),
        arguments(
            "outbox.url=jdbc:h2:mem:events",
            "webhooks.outbox.url: found \"jdbc:h2:mem:events\", expected jdbc:sqlite:FILE or"
                + " jdbc:postgresql:…."),
        arguments(
            "outbox.url=mysql://user:abc@db/events",
            "webhooks.outbox.url: found \"mysql:\", expected jdbc:sqlite:FILE or"
                + " jdbc:postgresql:…."),
        arguments(
            "outbox.lease=2",
            "webhooks.outbox.lease: found \"2\", expected a duration from 1ms to 24h, such as 2m."),
        arguments(
            "outbox.lease=5999ms",
            "webhooks.outbox.lease: found \"5999ms\", expected at least 6s, a second more than"
                + " webhooks.timeout."),
        arguments(
            "outbox.lease=6s\nwebhooks.batch.size=2\nwebhooks.batch.interval=2s",
            "webhooks.outbox.lease: found \"6s\", expected at least 8s, a second more than"
                + " webhooks.timeout and webhooks.batch.interval."),
        arguments(
            "dedup.window=31d",
            "webhooks.dedup.window: found \"31d\", expected a duration from 0ms to 720h, such as"
                + " 24h."),
        arguments(
            "dead-letter.retention=0s",
            "webhooks.dead-letter.retention: found \"0s\", expected a duration from 1ms to 87600h,"
                + " such as 720h."),
        arguments(
            "retry.in-memory=never",
            "webhooks.retry.in-memory: found \"never\", expected a duration from 0ms to 24h, such as"
                + " 30s."),
        arguments(
            "management.secret=a,,b",
            "webhooks.management.secret: found a secret value, expected values separated by single"
                + " commas."),
        arguments(
            "management.auth=none",
            "webhooks.management.auth: found \"none\", expected secret or host."),
        arguments(
            "management.auth=host\nwebhooks.management.secret=abc",
            "webhooks.management.auth: found \"host\", expected no webhooks.management.secret and no"
                + " webhooks.management.read-only.secret beside it, since the host alone lets callers"
                + " in."),
        arguments(
            "management.secret=abc\nwebhooks.management.read-only.secret=abc",
            "webhooks.management.read-only.secret: found a secret value, expected another secret than"
                + " that of an operator."),
        // Where events come from.
        arguments(
            "inbound=kafak:events?brokers=b:9092",
            "webhooks.inbound: found \"kafak:events\", expected a Camel endpoint URI whose component"
                + " is on the class path (that of \"kafak:\", if there is one, is in"
                + " org.apache.camel:camel-kafak)."),
        arguments(
            "inbound=file:no-such-folder?delete=true",
            "webhooks.inbound: found \"file:no-such-folder\", expected a folder that exists (or the"
                + " option autoCreate=true)."),
        // Paths.
        arguments(
            "path=v1",
            "webhooks.path: found \"v1\", expected a path of letters, digits, \"-\", \"_\" and"
                + " \".\", such as /v1."),
        arguments(
            "path=/",
            "webhooks.path: found \"/\", expected a path of letters, digits, \"-\", \"_\" and"
                + " \".\", such as /v1."),
        arguments(
            "path=/a/../b",
            "webhooks.path: found \"/a/../b\", expected a path of letters, digits, \"-\", \"_\" and"
                + " \".\", such as /v1."),
        arguments(
            "management.path=/v1/admin",
            "webhooks.management.path: found \"/v1/admin\", expected a path that is neither that of"
                + " the tracking API (/v1) nor above or below it."),
        arguments(
            "path=/bin",
            "webhooks.path: found \"/bin\", expected another path than that of the request bin,"
                + " /bin."),
        arguments(
            "management.path=/sourceConfig",
            "webhooks.management.path: found \"/sourceConfig\", expected another path than those of"
                + " SDKs beside the tracking API: /v1, /sourceConfig, /beacon/v1."),
        arguments(
            "public-url=events.example/x",
            "webhooks.public-url: found \"events.example\", expected a URL without a user, a query or a"
                + " fragment, such as https://events.example."),
        arguments(
            "public-url=https://user:word@events.example/x?y",
            "webhooks.public-url: found \"https://events.example\", expected a URL without a user, a"
                + " query or a fragment, such as https://events.example."),
        arguments(
            "public-url=ftp://events.example",
            "webhooks.public-url: found \"ftp://events.example\", expected a URL without a user, a"
                + " query or a fragment, such as https://events.example."),
        // Keys that do not exist.
        arguments("url=x", "webhooks.url: no such key; did you mean webhooks.urls?"),
        arguments(
            "retry.windwo=1h",
            "webhooks.retry.windwo: no such key; did you mean webhooks.retry.window?"),
        arguments(
            "retry.initialDelay=1s",
            "webhooks.retry.initialDelay: no such key; did you mean webhooks.retry.initial-delay?"),
        arguments(
            "header.X-Key=abc",
            "webhooks.header.X-Key: no such key; did you mean webhooks.headers.X-Key?"),
        // All words of another key, or some of them.
        arguments(
            "retry.window.ms=1",
            "webhooks.retry.window.ms: no such key; did you mean webhooks.retry.window?"),
        arguments(
            "secret=abc",
            "webhooks.secret: no such key; did you mean webhooks.management.secret,"
                + " webhooks.signing.secret or webhooks.write-key.secret?"),
        arguments(
            "q".repeat(300) + "=1",
            "webhooks."
                + "q".repeat(191)
                + "…: no such key; the settings are listed in docs/settings.md."));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badValues")
  void aBadValueIsNamedWithWhatIsExpected(String lines, String problem) {
    onLoopback().inFile("webhooks." + lines);

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  " + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "camel.server.host=0.0.0.0     | \"0.0.0.0\"",
        "camel.server.host=example.com | \"example.com\"",
        "                              | not set",
      })
  void beyondLoopbackAWriteKeyAndUrlsAreNeeded(String line, String shown) {
    inFile(line == null ? "" : line).inFile("camel.server.port=8080");

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            "Dromedary cannot start: 2 settings are wrong.\n"
                + "  webhooks.write-key.secret: found nothing, expected at least one write key, since"
                + " the server listens beyond loopback (camel.server.host is "
                + shown
                + ").\n"
                + "  webhooks.urls: found nothing, expected one to five webhook URLs, since the"
                + " built-in request bin is served on loopback only.");
  }

  @Test
  void oneMessageTellsAllProblemsOfAllSources() {
    onLoopback().inFile("webhooks.timout=3s").inFile("webhooks.acks=7");
    System.setProperty("webhooks.batch.size", "many");
    environment.put("WEBHOOKS_TIMEOUT", "3");
    environment.put("WEBHOOKS_HEADERS_HOST", "a.example");

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            """
            Dromedary cannot start: 5 settings are wrong.
              webhooks.headers.HOST: found a secret value, expected a header that Dromedary does not set itself.
              webhooks.acks: found "7", expected 1 to 1 (as many as there are webhooks) or all.
              webhooks.timeout: found "3", expected a duration from 10ms to 10m, such as 5s.
              webhooks.batch.size: found "many", expected a whole number from 1 to 1000.
              webhooks.timout: no such key; did you mean webhooks.timeout?""");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WEBHOOKS_URL | WEBHOOKS_URL: no such variable; did you mean WEBHOOKS_URLS?",
        "WEBHOOKS_RETRY_INITIALDELAY | WEBHOOKS_RETRY_INITIALDELAY: no such variable; did you mean"
            + " WEBHOOKS_RETRY_INITIAL_DELAY?",
        "WEBHOOKS_COLOUR | WEBHOOKS_COLOUR: no such variable; the settings are listed in docs/settings.md.",
        "WEBHOOKS_DESTINATION_CRM_EU_SIGNING_SECRET | WEBHOOKS_DESTINATION_CRM_EU_SIGNING_SECRET: no"
            + " such variable; a destination needs its URLs, in WEBHOOKS_DESTINATION_CRM_EU_URLS.",
        "WEBHOOKS_DESTINATION_CRM_EU_URL | WEBHOOKS_DESTINATION_CRM_EU_URL: no such variable; did you"
            + " mean WEBHOOKS_DESTINATION_CRM_EU_URLS?",
      })
  void aMisspeltVariableIsNamedWithWhatMayBeMeant(String variable, String problem) {
    onLoopback();
    environment.put(variable, "s3cret");

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  " + problem);
  }

  @Test
  void aMisspeltSystemPropertyIsNamedWithWhatMayBeMeant() {
    onLoopback();
    System.setProperty("webhooks.ack", "2");

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            "Dromedary cannot start: 1 setting is wrong.\n"
                + "  -Dwebhooks.ack: no such key; did you mean webhooks.acks?");
  }

  /** Platforms set these variables for a service named webhooks. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "WEBHOOKS_SERVICE_HOST",
        "WEBHOOKS_SERVICE_PORT",
        "WEBHOOKS_SERVICE_PORT_HTTP_API",
        "WEBHOOKS_PORT",
        "WEBHOOKS_PORT_8080_TCP",
        "WEBHOOKS_PORT_8080_TCP_PROTO",
        "WEBHOOKS_PORT_8080_TCP_PORT",
        "WEBHOOKS_PORT_8080_TCP_ADDR",
        "WEBHOOKS_RELAY_SERVICE_HOST",
        "WEBHOOKS_RELAY_PORT_53_UDP",
      })
  void aVariableOfAServiceIsNoKey(String variable) {
    onLoopback();
    environment.put(variable, "10.0.0.1");

    assertThat(read().destinations()).hasSize(1);
  }

  /** Editors put one before the first key, which would then have no effect. */
  @Test
  void aByteOrderMarkBeforeAKeyIsTold() {
    inFile("\\uFEFFwebhooks.acks=2").onLoopback();

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            "Dromedary cannot start: 1 setting is wrong.\n"
                + "  webhooks.acks: no such key, since a byte order mark is before it.");
  }

  /** Every value contains "hush" in a place where a secret or a URL's path may be. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "urls | hhtp://a.example/hush?key=hush",
        "urls | https://hush:hush@a.example/hush",
        "urls | https://a.example/hush hush",
        "urls | https://a.example/hush#hush",
        "urls | https://a.example/hush,https://a.example/hush",
        "urls | https://a.example/hush,,https://b.example/hush",
        "urls | https://a.example/hush,",
        "urls | a.example/hush",
        "urls | https:/a.example/hush",
        "urls | https:a.example/hush",
        "urls | https://a.example/x?k=1,hush",
        "urls | https://a.example/x?k=1,token:hush",
        "urls | https://a.example/x?k=hush,hush,hush",
        "urls | https://a.example/x?k=1,hush hush/x://y",
        "urls | ://a.example/hush",
        "urls | a.example:8080/hush",
        "urls | localhost:8080/hush:hush",
        "urls | hush:hush@a.example/hush",
        "urls | a.example/hush/https://b.example",
        "urls | localhost:8080/hush://b.example",
        "urls | HTTP:a.example/hush",
        "urls | \\:?hush",
        "urls | a/b:c?hush",
        "urls | https://a.example/hush/{{no.such.property}}",
        "inbound | nosuch://hush@host/path?password=hush",
        "inbound | nosuch:user:hush@host/path?password=hush",
        "inbound | ://host/hush",
        "inbound | file:?hush",
        "inbound | file:a\\u0000?hush",
        "transform | :?hush",
        "transform | no-such:host/hush",
        "headers.Host | hush",
        "headers.X-Key | hush\\u00e9",
        "headers.X-Key | hush{{no.such.property}}",
        "outbox.url | mysql://user:hush@db/events?password=hush",
        "outbox.url | postgresql://hush@db",
        "outbox.password | hush{{no.such.property}}",
        "management.secret | hush,",
        "management.read-only.secret | hush,",
        "signing.secret | hush,,hush",
        "signing.secret | hush{{no.such.property}}",
        "write-key.secret | hush,",
        "cors.origins | https://a.example,{{no.such.property}}",
      })
  void noSecretIsEverShown(String key, String value) {
    onLoopback().inFile("webhooks." + key + "=" + value);

    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageStartingWith("Dromedary cannot start: ")
        .hasMessageContaining("\n  webhooks." + key + ": found ")
        .hasMessageNotContaining("hush");
  }

  @Test
  void noSecretIsShownWithTheOptionsOfAWebhook() {
    onLoopback()
        .inFile("webhooks.urls=localhost:8080/hush,hush")
        .inFile("webhooks.1.http.responseTimeout=1")
        .inFile("webhooks.2.http.responseTimeout=1");

    assertThatThrownBy(this::read)
        .hasMessageContaining("webhooks.1.http.*: found \"localhost:8080\", expected")
        .hasMessageContaining(
            "webhooks.2.http.*: found \"something else behind a comma\", expected")
        .hasMessageNotContaining("hush");
  }

  @Test
  void eachWebhookHasTheOptionsOfAllAndItsOwn() {
    onLoopback()
        .inFile("webhooks.urls=https://a.example,https://b.example")
        .inFile("webhooks.http.proxyHost=proxy")
        .inFile("webhooks.http.proxyPort=3128")
        .inFile("webhooks.2.http.proxyHost=other");
    environment.put("WEBHOOKS_1_HTTP_AUTHPASSWORD", "secret");

    assertThat(destination("default").http())
        .containsExactly(
            new HttpOptions(
                Map.of("proxyHost", "proxy", "proxyPort", "3128", "authPassword", "secret"),
                TlsOptions.NONE,
                PrivateNetworks.NONE),
            new HttpOptions(
                Map.of("proxyHost", "other", "proxyPort", "3128"),
                TlsOptions.NONE,
                PrivateNetworks.NONE));
  }

  @Test
  void eachWebhookHasTheTlsOfAllAndItsOwn() {
    onLoopback()
        .inFile("webhooks.urls=https://a.example,https://b.example")
        .inFile("webhooks.tls.protocols=TLSv1.3,TLSv1.2")
        .inFile("webhooks.tls.cipher-suites=TLS_AES_256_GCM_SHA384")
        .inFile("webhooks.2.tls.protocols=TLSv1.3");

    List<String> suites = List.of("TLS_AES_256_GCM_SHA384");
    assertThat(destination("default").http())
        .extracting(HttpOptions::tls)
        .containsExactly(
            new TlsOptions(null, List.of("TLSv1.3", "TLSv1.2"), suites),
            new TlsOptions(null, List.of("TLSv1.3"), suites));
  }

  private void assertRefused(String problem) {
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  " + problem);
  }

  @Test
  void onlyStrongVersionsAndCipherSuitesCanBeChosen() {
    onLoopback().inFile("webhooks.urls=https://a.example").inFile("webhooks.tls.protocols=TLSv1.1");

    assertRefused("webhooks.tls.protocols: found \"TLSv1.1\", expected some of TLSv1.3, TLSv1.2.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"key-store", "trust-store"})
  void aStoreThatItsPasswordDoesNotOpenIsRefusedInASentence(String key) throws Exception {
    Certificates certificates = new Certificates();
    Path store =
        key.equals("key-store")
            ? certificates.clientStore(folder)
            : certificates.trustStore(folder);
    onLoopback()
        .inFile("webhooks.urls=https://a.example")
        .inFile("webhooks.1.tls." + key + "=" + store)
        .inFile("webhooks.1.tls." + key + ".password=hush");

    assertRefused(
        "webhooks.1.tls."
            + key
            + ": found \""
            + store
            + "\", expected a file of PKCS12 or JKS that its password opens.");
  }

  @Test
  void aStoreWithoutAKeyIsNoClientCertificate() throws Exception {
    Path store = new Certificates().trustStore(folder);
    onLoopback()
        .inFile("webhooks.urls=https://a.example")
        .inFile("webhooks.tls.key-store=" + store)
        .inFile("webhooks.tls.key-store.password=" + Certificates.PASSWORD);

    assertRefused(
        "webhooks.tls.key-store: found \""
            + store
            + "\", expected a private key with its certificate in it.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://localhost:9000/hook  | http://localhost:9000  | 127.0.0.1",
        "http://a.localhost/hook     | http://a.localhost     | 127.0.0.1",
        "http://127.0.0.1/hook       | http://127.0.0.1       | 127.0.0.1",
        "https://10.1.2.3/hook       | https://10.1.2.3       | 10.1.2.3",
        "http://[::1]/hook           | http://[::1]           | 0:0:0:0:0:0:0:1",
        "http://[::ffff:10.1.2.3]/x  | http://[::ffff:10.1.2.3] | 10.1.2.3",
        "http://[fe80::1%25eth9]/x   | http://[fe80::1%25eth9] | fe80:0:0:0:0:0:0:1",
        "http://169.254.169.254/x    | http://169.254.169.254 | 169.254.169.254",
        "http://0.0.0.0/x            | http://0.0.0.0         | 0.0.0.0",
      })
  void anAddressBeyondThePublicInternetIsRefusedAtTheStart(
      String url, String shown, String address) {
    onLoopback().inFile("webhooks.urls=" + url);

    assertRefused(
        "webhooks.urls: found \""
            + shown
            + "\", expected an address of the public internet (or "
            + address
            + " in webhooks.allow-private).");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"true", "10.0.0.0/8", "::1, 10.1.2.3", "fd00::/8,10.1.2.0/24,192.168.0.0/16"})
  void anAddressThatIsAllowedIsNotRefused(String networks) {
    onLoopback()
        .inFile("webhooks.allow-private=" + networks)
        .inFile("webhooks.urls=https://10.1.2.3/hook");

    assertThat(destination("default").urls()).containsExactly("https://10.1.2.3/hook");
  }

  @Test
  void anAddressForAProxyIsNotRefused() {
    onLoopback()
        .inFile("webhooks.urls=https://10.1.2.3/hook,https://10.1.2.4/hook")
        .inFile("webhooks.1.http.proxyHost=proxy");

    assertRefused(
        "webhooks.urls: found \"https://10.1.2.4\", expected an address of the public internet (or"
            + " 10.1.2.4 in webhooks.allow-private).");
  }

  @Test
  void anEndpointForTokensIsRefusedInTheSameWay() {
    onLoopback()
        .inFile("webhooks.urls=https://a.example")
        .inFile("webhooks.1.http.oauth2TokenEndpoint=http://10.1.2.3/token?hush");

    assertRefused(
        "webhooks.1.http.oauth2TokenEndpoint: found \"http://10.1.2.3\", expected an address of the"
            + " public internet (or 10.1.2.3 in webhooks.allow-private).");
  }

  @Test
  void whichAddressesAreAllowedIsSaidForAllDestinations() {
    onLoopback()
        .inFile("webhooks.destination.crm.urls=https://b.example")
        .inFile("webhooks.destination.crm.allow-private=true");

    assertRefused(
        "webhooks.destination.crm.allow-private: no such key; webhooks.allow-private applies to"
            + " all destinations.");
  }

  @ParameterizedTest
  @CsvSource({
    "https://hook.example/a?b=c,https://hook.example/a?b=c&httpMethod=POST",
    "http:hook.example/a?b=c,http:hook.example/a?b=c&httpMethod=POST",
    "vertx-http:https://hook.example/a?b=c,vertx-http:https://hook.example/a?b=c&httpMethod=POST",
    "https://hook.example/a?httpMethod=PUT,https://hook.example/a?httpMethod=PUT",
    "https://hook.example/a,https://hook.example/a",
    "seda:dead?size=1,seda:dead?size=1",
  })
  void anEndpointWithAQueryGetsItsBody(String uri, String expected) {
    onLoopback()
        .inFile("webhooks.dead-letter=" + uri)
        .inFile("webhooks.transform=https://a.example/b?c=d");

    String found =
        with(
            context -> {
              Settings.read(context, environment);
              return context.resolvePropertyPlaceholders(
                  "{{dromedary.dead-letter.connection-string}}"
                      + " {{dromedary.destination.default.transform.connection-string}}");
            });

    assertThat(found).isEqualTo(expected + " https://a.example/b?c=d&httpMethod=POST");
  }
}
