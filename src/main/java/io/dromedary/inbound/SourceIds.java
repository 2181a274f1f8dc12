package io.dromedary.inbound;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Supplies ids for the events of one message that have none. If a broker identifies the message by
 * an id or an offset, the ids are derived from that and from the text. When the broker redelivers
 * the message after a crash, its events get the same ids again and are recognized as duplicates.
 * Otherwise the ids are random. Not thread-safe.
 */
final class SourceIds implements Supplier<String> {

  private static final List<String> QUEUE = List.of("JMSMessageID", "JMSTimestamp");

  /** The headers that identify a message at each delivery, by component. */
  private static final Map<String, List<String>> IDENTITY =
      Map.of(
          "activemq", QUEUE,
          "activemq6", QUEUE,
          "amqp", QUEUE,
          "jms", QUEUE,
          "kafka", List.of("kafka.TOPIC", "kafka.PARTITION", "kafka.OFFSET", "kafka.TIMESTAMP"));

  private final @Nullable String identity;
  private final byte[] text;
  private @Nullable UUID message;
  private int given;

  private SourceIds(@Nullable String identity, byte[] text) {
    this.identity = identity;
    this.text = text;
  }

  static SourceIds of(Exchange exchange, byte[] text) {
    String uri =
        exchange.getFromEndpoint() == null ? "" : exchange.getFromEndpoint().getEndpointBaseUri();
    List<String> names =
        IDENTITY.getOrDefault(uri.substring(0, Math.max(0, uri.indexOf(':'))), List.of());
    boolean known = !names.isEmpty() && exchange.getMessage().getHeader(names.get(0)) != null;
    return new SourceIds(
        known
            ? names.stream()
                .map(name -> String.valueOf(exchange.getMessage().getHeader(name)))
                .collect(Collectors.joining(" "))
            : null,
        text);
  }

  @Override
  public String get() {
    if (identity == null) {
      return UUID.randomUUID().toString();
    }
    if (message == null) {
      message = UUID.nameUUIDFromBytes(text);
    }
    return UUID.nameUUIDFromBytes((identity + " " + message + " " + given++).getBytes(UTF_8))
        .toString();
  }
}
