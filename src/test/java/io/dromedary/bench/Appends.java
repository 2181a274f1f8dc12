package io.dromedary.bench;

import io.dromedary.outbox.OutboxComponent;
import io.dromedary.settings.OutboxSettings;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * Measures durable appends a second: 64 threads that each send one event after the other to {@code
 * outbox:appends}, and go on when it is on disk; on SQLite, and on a PostgreSQL that it starts.
 */
public final class Appends {

  private static final int PRODUCERS = 64;
  private static final int EVENTS = 100_000;
  private static final int ROUNDS = 5;

  private Appends() {}

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "appends");
    measure("SQLite", "jdbc:sqlite:" + folder.resolve("outbox.db"));
    try (EmbeddedPostgres postgres = Durable.postgres()) {
      measure("PostgreSQL", postgres.getJdbcUrl("postgres", "postgres"));
    }
  }

  private static void measure(String store, String url) throws Exception {
    CamelContext context = new DefaultCamelContext();
    try {
      OutboxComponent component = new OutboxComponent();
      component.setSettings(
          new OutboxSettings(
              url,
              null,
              null,
              Duration.ofMinutes(2),
              Duration.ofHours(24),
              10_000_000,
              Duration.ofDays(30),
              Duration.ofHours(4)));
      context.addComponent("outbox", component);
      context.start();
      ProducerTemplate template = context.createProducerTemplate();
      Endpoint endpoint = context.getEndpoint("outbox:appends");
      byte[] event = Events.small().event(0);
      for (int round = 0; round < ROUNDS; round++) {
        AtomicInteger left = new AtomicInteger(EVENTS);
        long start = System.nanoTime();
        Child.inParallel(
            PRODUCERS,
            () -> {
              while (left.decrementAndGet() >= 0) {
                template.sendBody(endpoint, event);
              }
            });
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
            "%s, round %d: %,.0f durable appends a second of %d bytes, %d at once%n",
            store, round + 1, EVENTS / seconds, event.length, PRODUCERS);
      }
    } finally {
      context.stop();
    }
  }
}
