package io.dromedary.crash;

import io.dromedary.testing.JmsBroker;
import io.dromedary.testing.KafkaBroker;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How many nodes there are, where their events come from and where they are kept.
 *
 * @param sender who sends the events; null: a client over HTTP, to any of the nodes
 * @param server what has to end with it
 */
record Setup(int nodes, Map<String, String> settings, @Nullable Sender sender, Closeable server)
    implements Closeable {

  /** As short as it may be, so that what a dead node had claimed is soon taken over. */
  private static final String LEASE = "5s";

  /** How many records of a topic a node takes at once, and may leave to another when it dies. */
  static final int POLLED = 10;

  private static final int PARTITIONS = 6;

  /**
   * By name: {@code sqlite}, {@code postgres} with two nodes, {@code kafka} with two nodes that
   * have an outbox each, {@code jms}, {@code memory}, or the JDBC URL, with the user, of an empty
   * PostgreSQL database.
   */
  static Setup of(String name) throws Exception {
    if (name.startsWith("jdbc:postgresql:")) {
      return postgres(name, () -> {});
    }
    return switch (name) {
      case "sqlite" -> new Setup(1, Map.of(), null, () -> {});
      case "postgres" -> {
        EmbeddedPostgres server = EmbeddedPostgres.start();
        yield postgres(server.getJdbcUrl("postgres", "postgres"), server);
      }
      case "kafka" -> kafka(KafkaBroker.shared(), "crash-" + UUID.randomUUID());
      case "jms" -> jms(JmsBroker.shared(), "crash-" + UUID.randomUUID());
      // Loses events with each crash: for the proof that losses are found.
      case "memory" ->
          new Setup(1, Map.of("webhooks.outbox.url", "jdbc:sqlite::memory:"), null, () -> {});
      default ->
          throw new IllegalArgumentException(
              "expected sqlite, postgres, kafka, jms, memory or jdbc:postgresql:..., found "
                  + name);
    };
  }

  private static Setup postgres(String url, Closeable server) {
    return new Setup(
        2, Map.of("webhooks.outbox.url", url, "webhooks.outbox.lease", LEASE), null, server);
  }

  private static Setup kafka(KafkaBroker broker, String topic) throws Exception {
    broker.createTopic(topic, PARTITIONS);
    KafkaProducer<String, String> producer = broker.producer();
    return new Setup(
        2,
        Map.of(
            "webhooks.inbound",
            "kafka:%s?brokers=%s&groupId=dromedary&autoOffsetReset=earliest&maxPollRecords=%d"
                    .formatted(topic, broker.address(), POLLED)
                // What a dead node has read soon goes to the other one.
                + "&sessionTimeoutMs=1000&heartbeatIntervalMs=300&pollTimeoutMs=200"),
        (random, events) -> {
          try {
            producer
                .send(new ProducerRecord<>(topic, random.nextInt(PARTITIONS), null, events))
                .get();
          } catch (ExecutionException e) {
            throw new IOException(e);
          }
        },
        producer);
  }

  private static Setup jms(JmsBroker broker, String queue) {
    return new Setup(
        1,
        Map.of(
            "webhooks.inbound",
            "jms:" + queue + "?receiveTimeout=200",
            "camel.beans.broker",
            "#class:org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory",
            "camel.beans.broker.brokerURL",
            broker.url()),
        (random, events) -> broker.send(queue, events),
        () -> {});
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> all = new HashMap<>(settings);
    all.put("webhooks.retry.in-memory", "200ms");
    return all;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
