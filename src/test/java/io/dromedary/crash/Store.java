package io.dromedary.crash;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;

/**
 * Where the events are kept that are not done, and how many nodes share it.
 *
 * @param server what has to end with it
 */
record Store(int nodes, Map<String, String> settings, Closeable server) implements Closeable {

  /** As short as it may be, so that what a dead node had claimed is soon taken over. */
  private static final String LEASE = "5s";

  /**
   * By name: {@code sqlite}, {@code postgres}, {@code memory}, or the JDBC URL, with the user, of
   * an empty PostgreSQL database.
   */
  static Store of(String name) throws IOException {
    if (name.startsWith("jdbc:postgresql:")) {
      return postgres(name, () -> {});
    }
    return switch (name) {
      case "sqlite" -> new Store(1, Map.of("webhooks.retry.in-memory", "200ms"), () -> {});
      case "postgres" -> {
        EmbeddedPostgres server = EmbeddedPostgres.start();
        yield postgres(server.getJdbcUrl("postgres", "postgres"), server);
      }
      // Loses events with each crash: for the proof that losses are found.
      case "memory" -> new Store(1, Map.of("webhooks.queue", "seda:default?size=10000"), () -> {});
      default ->
          throw new IllegalArgumentException(
              "expected sqlite, postgres, memory or jdbc:postgresql:..., found " + name);
    };
  }

  private static Store postgres(String url, Closeable server) {
    return new Store(
        2,
        Map.of(
            "webhooks.retry.in-memory",
            "200ms",
            "webhooks.outbox.url",
            url,
            "webhooks.outbox.lease",
            LEASE),
        server);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
