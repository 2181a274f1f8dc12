package io.dromedary.testing;

import io.dromedary.Application;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;

/** A real Kafka broker in this JVM, which all tests share: each has topics of its own. */
public final class KafkaBroker {

  private static final class Shared {
    static final KafkaBroker BROKER = new KafkaBroker();
  }

  private final String address = "127.0.0.1:" + Application.freePort();

  private final Admin admin;

  private KafkaBroker() {
    try {
      start(Files.createTempDirectory("kafka"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    admin = Admin.create(Map.of("bootstrap.servers", address));
  }

  /** The broker, which the first call starts and the end of the JVM stops. */
  public static KafkaBroker shared() {
    return Shared.BROKER;
  }

  private void start(Path folder) throws IOException {
    String controller = "127.0.0.1:" + Application.freePort();
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "node.id", "1",
            "process.roles", "broker,controller",
            "listeners", "PLAINTEXT://" + address + ",CONTROLLER://" + controller,
            "controller.listener.names", "CONTROLLER",
            "controller.quorum.voters", "1@" + controller,
            "log.dirs", folder.resolve("log").toString(),
            "offsets.topic.num.partitions", "1",
            "offsets.topic.replication.factor", "1",
            // A group's first member would wait three seconds for others.
            "group.initial.rebalance.delay.ms", "0",
            // A member that was killed is soon gone.
            "group.min.session.timeout.ms", "500"));
    Path file = folder.resolve("server.properties");
    try (OutputStream out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    StorageTool.execute(
        new String[] {"format", "--config", file.toString(), "--cluster-id", "test"},
        new PrintStream(OutputStream.nullOutputStream()));
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties), Time.SYSTEM);
    server.startup();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  admin.close();
                  server.shutdown();
                  server.awaitShutdown();
                  delete(folder);
                }));
  }

  private static void delete(Path folder) {
    try {
      Utils.delete(folder.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients find it. */
  public String address() {
    return address;
  }

  public KafkaProducer<String, String> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", address), new StringSerializer(), new StringSerializer());
  }

  /** Makes a topic, which need not be made if it has one partition. */
  public void createTopic(String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
  }

  /** How many records a group has committed. */
  public long committed(String group) throws Exception {
    return admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .values()
        .stream()
        .mapToLong(OffsetAndMetadata::offset)
        .sum();
  }

  /** Makes a group that has no consumers read everything again. */
  public void forget(String group) throws Exception {
    admin.deleteConsumerGroups(List.of(group)).all().get();
  }

  /** How many consumers a group has. */
  public int members(String group) throws Exception {
    return admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().size();
  }
}
