package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.dromedary.testing.Certificates;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.main.Main;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** No log line of a start contains a secret, from any library and in any host. */
class SecretsTest {

  private static final String SECRET = "s3cret";

  @TempDir Path folder;
  private final Lines lines = new Lines();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger camel = (Logger) LoggerFactory.getLogger("org.apache.camel");
  private final Logger ours = (Logger) LoggerFactory.getLogger("io.dromedary");

  private Level camelLevel;

  private static final class Lines extends AppenderBase<ILoggingEvent> {

    final Queue<String> all = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      all.add(event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage());
    }
  }

  /** A component whose endpoints accept any parameters. */
  static final class Queues extends DefaultComponent {

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> options) {
      options.clear();
      return new DefaultEndpoint(uri, this) {
        @Override
        public Producer createProducer() {
          return new DefaultProducer(this) {
            @Override
            public void process(org.apache.camel.Exchange exchange) {}
          };
        }

        @Override
        public Consumer createConsumer(Processor processor) {
          return new DefaultConsumer(this, processor);
        }
      };
    }
  }

  @BeforeEach
  void listen() {
    lines.setContext((LoggerContext) LoggerFactory.getILoggerFactory());
    lines.start();
    camelLevel = camel.getLevel();
    camel.setLevel(Level.INFO);
    root.addAppender(lines);
    ours.setLevel(Level.DEBUG);
  }

  @AfterEach
  void listenNoMore() {
    root.detachAppender(lines);
    camel.setLevel(camelLevel);
    ours.setLevel(null);
  }

  private Map<String, String> settings() throws Exception {
    Map<String, String> settings = new HashMap<>();
    String queue = "queue:%s?password=" + SECRET;
    String store = new Certificates().trustStore(folder).toString();
    settings.put("webhooks.inbound", queue.formatted("in"));
    settings.put(
        "webhooks.urls",
        "https://a.example/" + SECRET + "?key=" + SECRET + ",queue:a?password=" + SECRET);
    settings.put("webhooks.dead-letter", queue.formatted("dead"));
    settings.put("webhooks.transform", queue.formatted("transform"));
    settings.put("webhooks.signing.secret", SECRET + "," + SECRET + "2");
    settings.put("webhooks.headers.X-Key", SECRET);
    settings.put("webhooks.write-key.secret", SECRET);
    settings.put("webhooks.management.secret", SECRET + SECRET + SECRET);
    settings.put("webhooks.http.oauth2ClientId", "dromedary");
    settings.put("webhooks.http.oauth2ClientSecret", SECRET);
    settings.put("webhooks.http.oauth2TokenEndpoint", "https://id.example/token");
    settings.put("webhooks.tls.trust-store", store);
    settings.put("webhooks.tls.trust-store.password", Certificates.PASSWORD);
    settings.put("webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("outbox.db"));
    settings.put("webhooks.destination.crm.urls", "https://b.example/" + SECRET);
    settings.put("webhooks.destination.crm.signing.secret", SECRET);
    settings.put("webhooks.destination.crm.transform", queue.formatted("transform"));
    return settings;
  }

  @Test
  void packagedApplicationLogsNone() throws Exception {
    Map<String, String> settings = settings();
    try (Application application =
        Application.start(folder, settings, Map.of("queue", new Queues()))) {
      check(application.context());
    }
  }

  @Test
  void plainCamelMainLogsNone() throws Exception {
    Main main = new Main();
    main.addInitialProperty(
        "camel.main.routesIncludePattern", "classpath:dromedary/routes/*.camel.yaml");
    main.addInitialProperty("camel.server.enabled", "true");
    main.addInitialProperty("camel.server.host", "127.0.0.1");
    main.addInitialProperty("camel.server.port", Integer.toString(Application.freePort()));
    main.bind("queue", new Queues());
    settings().forEach(main::addProperty);
    main.start();
    try {
      check(main.getCamelContext());
      assertThat(lines.all).anyMatch(line -> line.contains("Property-placeholders summary"));
    } finally {
      main.stop();
    }
  }

  private void check(CamelContext context) {
    assertThat(context.getStatus().isStarted()).isTrue();
    assertThat(List.copyOf(lines.all))
        .isNotEmpty()
        .noneMatch(line -> line.contains(SECRET) || line.contains(Certificates.PASSWORD));
  }
}
