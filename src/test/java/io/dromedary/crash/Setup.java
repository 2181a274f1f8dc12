package io.dromedary.crash;

import io.dromedary.crash.FlakyWebhook.Manner;
import io.dromedary.testing.JmsBroker;
import io.dromedary.testing.KafkaBroker;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How many nodes there are, where their events come from and where they are kept.
 *
 * @param manners how each webhook behaves
 * @param sender who sends the events; null: a client over HTTP, to any of the nodes
 * @param server what has to end with it
 */
record Setup(
    int nodes,
    Map<String, String> settings,
    List<Manner> manners,
    @Nullable Sender sender,
    Closeable server)
    implements Closeable {

  /** One of these at the end of a name: one webhook is steady, the other is bad. */
  private static final String ACKS_ALL = "-acks-all";

  private static final List<Manner> FLAKY = List.of(Manner.FLAKY, Manner.FLAKY);

  /** As short as it may be, so that what a dead node had claimed is soon taken over. */
  private static final String LEASE = "5s";

  /** How many records of a topic a node takes at once, and may leave to another when it dies. */
  static final int POLLED = 10;

  private static final int PARTITIONS = 6;

  /**
   * By name: {@code sqlite}, {@code postgres} with two nodes, {@code kafka} with two nodes that
   * have an outbox each, {@code jms}, {@code memory}, or the JDBC URL, with the user, of an empty
   * PostgreSQL database. Of each, {@code -acks-all} at its end makes one with a steady webhook and
   * one that fails more often and rejects events, all of which must nevertheless get to the other.
   */
  static Setup of(String name) throws Exception {
    if (name.endsWith(ACKS_ALL)) {
      Setup same = of(name.substring(0, name.length() - ACKS_ALL.length()));
      return new Setup(
          same.nodes, same.settings, List.of(Manner.STEADY, Manner.BAD), same.sender, same.server);
    }
    if (name.startsWith("jdbc:postgresql:")) {
      return postgres(name, () -> {});
    }
    return switch (name) {
      case "sqlite" -> new Setup(1, Map.of(), FLAKY, null, () -> {});
      case "postgres" -> {
        EmbeddedPostgres server = EmbeddedPostgres.start();
        yield postgres(server.getJdbcUrl("postgres", "postgres"), server);
      }
      case "kafka" -> kafka(KafkaBroker.shared(), "crash-" + UUID.randomUUID());
      case "jms" -> jms(JmsBroker.shared(), "crash-" + UUID.randomUUID());
      // Loses events with each crash: for the proof that losses are found.
      case "memory" ->
          new Setup(
              1, Map.of("webhooks.outbox.url", "jdbc:sqlite::memory:"), FLAKY, null, () -> {});
      default ->
          throw new IllegalArgumentException(
              "expected sqlite, postgres, kafka, jms, memory or jdbc:postgresql:..., found "
                  + name);
    };
  }

  private static Setup postgres(String url, Closeable server) {
    return new Setup(
        2, Map.of("webhooks.outbox.url", url, "webhooks.outbox.lease", LEASE), FLAKY, null, server);
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
        FLAKY,
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
        FLAKY,
        (random, events) -> broker.send(queue, events),
        () -> {});
  }

  /** Whether a node keeps its events in memory only. */
  boolean isInMemory() {
    return settings.getOrDefault("webhooks.outbox.url", "").contains(":memory:");
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> all = new HashMap<>(settings);
    all.put("webhooks.retry.in-memory", "200ms");
    all.put("webhooks.dead-letter", Remains.TOLD);
    return all;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
