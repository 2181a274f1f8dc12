package io.dromedary.tracing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.context.propagation.TextMapGetter;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;

/** Reads a sender's trace context from the headers of a message. */
enum MessageHeaders implements TextMapGetter<Message> {
  GETTER;

  @Override
  @SuppressWarnings("deprecation") // Hosts with an older OpenTelemetry need this method.
  public Iterable<String> keys(Message message) {
    return message.getHeaders().keySet();
  }

  @Override
  public @Nullable String get(@Nullable Message message, String key) {
    Object value = message == null ? null : message.getHeader(key);
    // Kafka's headers are bytes.
    return value instanceof byte[] bytes
        ? new String(bytes, UTF_8)
        : value instanceof String text ? text : null;
  }
}
