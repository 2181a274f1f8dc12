package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.testing.KafkaBroker;
import java.io.IOException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Sends events by a Kafka topic, a record each. */
final class EventsTopic implements Variant.Sender {

  private static final int PARTITIONS = 4;

  private final String topic;
  private final Events events;
  private final KafkaProducer<String, String> producer = KafkaBroker.shared().producer();

  EventsTopic(String topic, Events events) {
    this.topic = topic;
    this.events = events;
  }

  /** Makes the topic, and returns how it is read. */
  static String create(String topic) throws IOException {
    try {
      KafkaBroker.shared().createTopic(topic, PARTITIONS);
    } catch (Exception e) {
      throw new IOException(e);
    }
    return "kafka:%1$s?brokers=%2$s&groupId=%1$s&autoOffsetReset=earliest"
        .formatted(topic, KafkaBroker.shared().address());
  }

  @Override
  public void send(int first, int end) {
    for (int number = first; number < end; number++) {
      // One that is not written is missed by who awaits it.
      Future<?> unused =
          producer.send(
              new ProducerRecord<>(
                  topic, number % PARTITIONS, null, new String(events.event(number), UTF_8)));
    }
    producer.flush();
  }
}
