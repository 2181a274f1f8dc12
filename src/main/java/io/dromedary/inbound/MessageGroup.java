package io.dromedary.inbound;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several messages that a source hands over as one exchange. They are stored together. */
record MessageGroup(List<Exchange> messages) {

  /** The exchange property with the group from which the events were read. */
  static final String PROPERTY = "DromedaryMessageGroup";

  private static final Logger LOG = LoggerFactory.getLogger(MessageGroup.class);

  private static final String COMMIT = "CamelKafkaManualCommit";

  static boolean isGroup(@Nullable Object body) {
    return body instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof Exchange;
  }

  static MessageGroup of(Object group) {
    return new MessageGroup(((List<?>) group).stream().map(Exchange.class::cast).toList());
  }

  /**
   * Commits the Kafka offsets of the group's records, after these are stored. The consumer's own
   * commit would include records that it has polled but not handed over yet.
   */
  static void acknowledge(Exchange exchange) {
    MessageGroup group = exchange.getProperty(PROPERTY, MessageGroup.class);
    if (group == null) {
      return;
    }
    Map<String, Object> lastOfPartition = new LinkedHashMap<>();
    for (Exchange message : group.messages) {
      Map<String, Object> headers = message.getMessage().getHeaders();
      Object commit = headers.get(COMMIT);
      if (commit != null) {
        lastOfPartition.put(
            headers.get("kafka.TOPIC") + " " + headers.get("kafka.PARTITION"), commit);
      }
    }
    lastOfPartition.forEach(Offsets::commit);
  }

  /** A class of its own, so that Kafka's classes are loaded only if the group came from Kafka. */
  private static final class Offsets {

    static void commit(String partition, Object last) {
      try {
        ((KafkaManualCommit) last).commit();
      } catch (RuntimeException e) {
        // The events are stored. If the records are read again, later or by another node, that is
        // no worse than after a crash. Failing would store them again at once.
        LOG.warn("Partition {}: the offset is not committed, records come again: {}", partition, e);
      }
    }
  }
}
