package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The ids of those events of a message that have none. Where a broker knows the message by name or
 * place, they are made of that and of the text: when it sends the message again after a crash, its
 * events have the same ids, and are known. Otherwise they are random. Not thread-safe: one message.
 */
final class SourceIds implements Supplier<String> {

  private static final List<String> QUEUE = List.of("JMSMessageID", "JMSTimestamp");

  /** The headers that are the same whenever a message comes, and not those of any other. */
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
